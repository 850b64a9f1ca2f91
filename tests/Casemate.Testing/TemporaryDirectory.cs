namespace Casemate.Testing;

/// <summary>An empty directory that only the current user can enter; gone with everything in it when the test ends.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Makes the directory.</summary>
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("casemate-").FullName;

    /// <summary>Its absolute path.</summary>
    public string Path { get; }

    /// <summary>The path of a file in it; the file need not exist.</summary>
    /// <param name="name">A path relative to the directory.</param>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Removes the directory.</summary>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
