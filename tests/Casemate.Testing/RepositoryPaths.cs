using System.Runtime.CompilerServices;

namespace Casemate.Testing;

/// <summary>Where things are in the checkout that the tests were built from.</summary>
public static class RepositoryPaths
{
    /// <summary>The root of the checkout.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The attestation corpus: real evidence with expected verdicts.</summary>
    public static string Corpus => Path.Combine(Root, "tests", "corpus", "attestation");

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        // Deterministic builds map source paths, so walk up from the running assembly; the file path is the fallback.
        foreach (var start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(thisFile)! })
        {
            for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
            {
                if (File.Exists(Path.Combine(directory.FullName, "Casemate.slnx")))
                {
                    return directory.FullName;
                }
            }
        }

        throw new InvalidOperationException("The checkout (Casemate.slnx) was not found above the test assembly.");
    }
}
