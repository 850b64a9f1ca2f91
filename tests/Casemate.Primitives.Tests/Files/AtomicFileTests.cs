using Casemate.Primitives.Files;

namespace Casemate.Primitives.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("casemate-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void WritesAndReplaces_LeavingNothingElse()
    {
        var path = Path.Combine(_directory, "file");
        AtomicFile.Write(path, "first"u8);
        AtomicFile.Write(path, "second"u8);

        Assert.Equal("second", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_directory));
    }

    [Fact]
    public void IsReadableByTheOwnerOnly_UnlessAskedOtherwise()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no permission bits");
            return;
        }

        var path = Path.Combine(_directory, "file");
        AtomicFile.Write(path, "x"u8);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void KeepsTheOldContent_WhenTheNewOneCannotBeWritten()
    {
        var path = Path.Combine(_directory, "target");
        Directory.CreateDirectory(path);                                    // a directory cannot be replaced by a file

        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(path, "x"u8));

        Assert.True(Directory.Exists(path));
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void RecognisesAndRemovesLeftovers()
    {
        var leftover = Path.Combine(_directory, ".tmp-0011223344556677");
        File.WriteAllText(leftover, "half");
        File.WriteAllText(Path.Combine(_directory, "whole"), "whole");

        Assert.True(AtomicFile.IsLeftover(leftover));
        Assert.False(AtomicFile.IsLeftover("whole"));
        AtomicFile.RemoveLeftovers(_directory);

        Assert.Equal("whole", Path.GetFileName(Assert.Single(Directory.GetFiles(_directory))));
    }

    [Fact]
    public void ManyWritersAtOnce_LeaveOneWholeContent()
    {
        var path = Path.Combine(_directory, "file");
        var contents = Enumerable.Range(0, 40).Select(i => new string((char)('a' + (i % 26)), 5000 + i)).ToArray();

        Parallel.ForEach(contents, content => AtomicFile.Write(path, System.Text.Encoding.ASCII.GetBytes(content)));

        Assert.Contains(File.ReadAllText(path), contents);
        Assert.Single(Directory.GetFiles(_directory));
    }
}
