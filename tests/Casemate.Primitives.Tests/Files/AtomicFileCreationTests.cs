using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Files;

public class AtomicFileCreationTests
{
    [Fact]
    public async Task Creates_OnceAmongMany()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("key");
        var attempts = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => AtomicFile.TryCreate(path, [(byte)i]))));
        Assert.Single(attempts, created => created);
        Assert.Equal((byte)Array.IndexOf(attempts, true), Assert.Single(File.ReadAllBytes(path)));
        Assert.Equal(["key"], Directory.EnumerateFiles(directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Creates_WithTheModeAskedFor()
    {
        using var directory = new TemporaryDirectory();
        Assert.True(AtomicFile.TryCreate(directory.File("key"), "x"u8));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("key")));
        }
    }

    [Fact]
    public void Leaves_NothingBehind_WhenTheDirectoryIsMissing()
    {
        using var directory = new TemporaryDirectory();
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.TryCreate(directory.File("absent/key"), "x"u8));
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }
}
