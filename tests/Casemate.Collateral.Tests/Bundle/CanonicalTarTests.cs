using System.Formats.Tar;
using System.Text;
using Casemate.Collateral.Bundle;

namespace Casemate.Collateral.Tests.Bundle;

/// <summary>The archive's reader takes what its writer makes, and nothing else that is called a tar archive.</summary>
public sealed class CanonicalTarTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    public void Reads_WhatItWrote(int size)
    {
        var content = new byte[size];
        Array.Fill(content, (byte)'x');

        Assert.Equal("", Read(CanonicalTar.Write([("a", content), ("b/c", content)]), out var files));
        Assert.Equal(["a", "b/c"], files.Select(file => file.Name));
        Assert.All(files, file => Assert.True(file.Content.Span.SequenceEqual(content)));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("a/../x")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("./a")]
    [InlineData(".hidden")]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("")]
    public void Takes_NoNameThatLeadsElsewhere(string name)
    {
        Assert.False(CanonicalTar.IsName(name));
        Assert.Throws<ArgumentException>(() => CanonicalTar.Write([(name, new byte[1])]));
        if (name.Length > 0)
        {
            Assert.NotEqual("", Read(Ordinary(writer => writer.WriteEntry(File(name))), out _));
        }
    }

    [Fact]
    public void Takes_NoLinks_Directories_DevicesOrExtendedHeaders()
    {
        Action<TarWriter>[] hostile =
        [
            writer => writer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "a") { LinkName = "/etc/passwd" }),
            writer => writer.WriteEntry(new UstarTarEntry(TarEntryType.HardLink, "a") { LinkName = "b" }),
            writer => writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "a")),
            writer => writer.WriteEntry(new UstarTarEntry(TarEntryType.CharacterDevice, "a") { DeviceMajor = 1, DeviceMinor = 5 }),
            writer => writer.WriteEntry(new UstarTarEntry(TarEntryType.Fifo, "a")),
            writer => writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a") { DataStream = new MemoryStream([1]) }),
            writer => writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, new string('a', 200)) { DataStream = new MemoryStream([1]) }),
        ];
        Assert.All(hostile, write => Assert.Contains("header", Read(Ordinary(write), out _), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("77777777777")]
    [InlineData("17777777777")]
    [InlineData("20000000000")]
    [InlineData("-0000000001")]
    public void Takes_NoMemory_ForASizeThatIsOnlyClaimed(string size)
    {
        var tar = CanonicalTar.Write([("a", new byte[10])]);
        Encoding.ASCII.GetBytes(size).CopyTo(tar, 124);
        FixChecksum(tar);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.NotEqual("", Read(tar, out _));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 * 1024);
    }

    [Fact]
    public void Takes_NoMoreFilesThanAllowed()
    {
        var tar = CanonicalTar.Write(Enumerable.Range(0, 11).Select(i => ($"f{i}", ReadOnlyMemory<byte>.Empty)));

        Assert.True(CanonicalTar.TryRead(tar, 11, out _, out _));
        Assert.False(CanonicalTar.TryRead(tar, 10, out _, out var error));
        Assert.Contains("more than 10 files", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_NothingBehindTheEnd()
    {
        var tar = CanonicalTar.Write([("a", new byte[10])]);

        Assert.NotEqual("", Read([.. tar, .. new byte[512]], out _));
        Assert.NotEqual("", Read([.. tar, .. tar], out _));
        Assert.NotEqual("", Read(tar[..^512], out _));
        tar[512 + 10] = 1;
        Assert.Contains("behind the end of a", Read(tar, out _), StringComparison.Ordinal);
    }

    private static UstarTarEntry File(string name) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) };

    private static byte[] Ordinary(Action<TarWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, leaveOpen: true))
        {
            write(writer);
        }

        return stream.ToArray();
    }

    private static void FixChecksum(byte[] tar)
    {
        Encoding.ASCII.GetBytes("        ").CopyTo(tar, 148);
        var sum = tar.Take(512).Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, 148);
    }

    private static string Read(byte[] tar, out List<(string Name, ReadOnlyMemory<byte> Content)> files)
    {
        Assert.Equal(CanonicalTar.TryRead(tar, 100, out files, out var error), error.Length == 0);
        return error;
    }
}
