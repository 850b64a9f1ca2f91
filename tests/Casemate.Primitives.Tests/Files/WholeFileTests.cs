using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Files;

/// <summary>Files are read as a whole, up to a limit that counts what arrives and not what the file says of itself.</summary>
public sealed class WholeFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99_999)]
    [InlineData(100_000)]
    public void AFile_UpToTheLimit_IsRead(int size)
    {
        var path = _directory.File("file");
        var content = Enumerable.Range(0, size).Select(i => (byte)i).ToArray();
        File.WriteAllBytes(path, content);

        Assert.Equal(content, WholeFile.Read(path, 100_000));
    }

    [Fact]
    public void AFile_AboveTheLimit_IsRefused()
    {
        var path = _directory.File("file");
        File.WriteAllBytes(path, new byte[11]);

        Assert.Equal(10, Assert.Throws<FileTooLargeException>(() => WholeFile.Read(path, 10)).Limit);
    }

    [Fact]
    public void AFileThatSaysItIsEmpty_IsReadToItsEnd() => Assert.NotEmpty(WholeFile.Read("/proc/self/status", 1 << 20));

    [Fact]
    public void ADeviceWithoutAnEnd_MeetsTheLimit() => Assert.Throws<FileTooLargeException>(() => WholeFile.Read("/dev/zero", 1 << 20));

    [Fact]
    public void AStreamWithoutALength_MeetsTheLimit()
    {
        using var full = new PipeLike(new byte[10]);
        using var tooFull = new PipeLike(new byte[11]);

        Assert.Equal(10, WholeFile.Read(full, 10).Length);
        Assert.Throws<FileTooLargeException>(() => WholeFile.Read(tooFull, 10));
    }

    [Fact]
    public void WhatIsNotThere_OrADirectory_IsAnError()
    {
        Assert.Throws<FileNotFoundException>(() => WholeFile.Read(_directory.File("none"), 10));
        Assert.Throws<UnauthorizedAccessException>(() => WholeFile.Read(_directory.Path, 10));
    }

    private sealed class PipeLike(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();
    }
}
