using System.Text;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Tests.Tar;

/// <summary>Reading tar archives, most of them hostile. Source: POSIX.1-2017, pax; the GNU tar manual, "Basic Tar Format".</summary>
public sealed class TarReaderTests
{
    [Fact]
    public async Task ReadsFiles_AndTheirContent()
    {
        var entries = await ReadAsync(new RawTar().File("a", "hello").Header("d/", '5').Header("l", '2', link: "a").End());

        Assert.Equal([("a", TarEntryKind.File, "hello"), ("d", TarEntryKind.Directory, ""), ("l", TarEntryKind.SymbolicLink, "")],
            entries.Select(e => (e.Entry.Path, e.Entry.Kind, e.Content)));
        Assert.Equal("a", entries[2].Entry.LinkTarget);
    }

    [Fact]
    public async Task SkipsContent_ThatNobodyRead()
    {
        var reader = Reader(new RawTar().File("a", new string('x', 5000)).File("b", "y").End());

        Assert.Equal("a", (await reader.NextAsync(default))!.Path);
        Assert.Equal("b", (await reader.NextAsync(default))!.Path);
        Assert.Null(await reader.NextAsync(default));
        Assert.Null(await reader.NextAsync(default));
    }

    [Fact]
    public async Task LongNames_ComeFromThePrefix_FromPax_AndFromGnusHeaders()
    {
        var name = string.Join('/', Enumerable.Repeat("abcdefghi", 30));
        var entries = await ReadAsync(new RawTar()
            .Header("file", prefix: "some/dir")
            .Pax(("path", name), ("linkpath", name + "x")).Header("short", '2', link: "short")
            .Extension('L', name + "\0").Extension('K', name + "y\0").Header("short", '2', link: "short", magic: "ustar  \0")
            .Header("é-" + "x", magic: "").End(), accept: true);

        Assert.Equal("some/dir/file", entries[0].Entry.Path);
        Assert.Equal((name, name + "x"), (entries[1].Entry.Path, entries[1].Entry.LinkTarget));
        Assert.Equal((name, name + "y"), (entries[2].Entry.Path, entries[2].Entry.LinkTarget));
    }

    [Fact]
    public async Task PaxSaysSize_Owner_Time_AndAttributes()
    {
        var entry = Assert.Single(await ReadAsync(new RawTar()
            .Pax(("size", "3"), ("uid", "3000000"), ("gid", "7"), ("mtime", "12.75"), ("SCHILY.xattr.user.a", "b=c"), ("atime", "1"))
            .Header("f", size: 0).Data("abc"u8).End()));

        Assert.Equal("abc", entry.Content);
        Assert.Equal((3_000_000, 7, 12), (entry.Entry.UserId, entry.Entry.GroupId, entry.Entry.ModifiedSeconds));
        Assert.Equal("b=c", Encoding.UTF8.GetString(entry.Entry.ExtendedAttributes["user.a"].Span));
    }

    [Fact]
    public async Task ALargeNumber_MayBeBinary()
    {
        var size = "\u0080\0\0\0\0\0\0\0\0\0\0\u0003";
        Assert.Equal("abc", Assert.Single(await ReadAsync(new RawTar().Header("f", sizeField: size).Data("abc"u8).End())).Content);
    }

    [Theory]
    [InlineData("1777", 0x3FF)]
    [InlineData("0104755", 0x9ED)]
    public async Task TheMode_IsTwelveBits(string field, int mode) =>
        Assert.Equal(mode, Assert.Single(await ReadAsync(new RawTar().Header("f", mode: field).End())).Entry.Mode);

    [Fact]
    public async Task AnArchive_MayEndWithOneBlockOfZeros_OrNone()
    {
        Assert.Single(await ReadAsync(new RawTar().File("a", "b").WithoutEnd()));
        Assert.Single(await ReadAsync(new RawTar().File("a", "b").Raw(new byte[512]).WithoutEnd()));
        Assert.Empty(await ReadAsync([]));
    }

    public static TheoryData<string, byte[], OciError> Hostile => new()
    {
        { "a wrong checksum", new RawTar().Header("f", wrongChecksum: true).End(), OciError.MalformedLayer },
        { "no archive at all", Encoding.ASCII.GetBytes(new string('x', 2048)), OciError.MalformedLayer },
        { "an entry behind a block of zeros", new RawTar().File("a", "b").Raw(new byte[512]).File("c", "d").End(), OciError.MalformedLayer },
        { "cut content", new RawTar().File("a", "b").WithoutEnd()[..600], OciError.MalformedLayer },
        { "a cut header", new RawTar().File("a", "b").WithoutEnd()[..500], OciError.MalformedLayer },
        { "a huge member", new RawTar().Header("f", sizeField: "77777777777").End(), OciError.MalformedLayer },
        { "a member beyond the limit", new RawTar().Header("f", sizeField: "\u0080\0\0\0\0\0\u0001\0\0\0\0\0").End(), OciError.LimitExceeded },
        { "a negative size", new RawTar().Header("f", sizeField: new string('\u00FF', 12)).End(), OciError.MalformedLayer },
        { "a size that is no number", new RawTar().Header("f", sizeField: "0000000000z").End(), OciError.MalformedLayer },
        { "a mode that is no number", new RawTar().Header("f", mode: "09").End(), OciError.MalformedLayer },
        { "a pax bomb", new RawTar().Header("x", 'x', size: 1L << 30).End(), OciError.LimitExceeded },
        { "a long name bomb", new RawTar().Header("x", 'L', size: 1L << 30).End(), OciError.LimitExceeded },
        { "a name beyond the limit", new RawTar().Extension('L', new string('a', 5000)).Header("f").End(), OciError.LimitExceeded },
        { "a pax record without length", new RawTar().Extension('x', "abc").Header("f").End(), OciError.MalformedLayer },
        { "a pax record that is longer than the header", new RawTar().Extension('x', "99 path=a\n").Header("f").End(), OciError.MalformedLayer },
        { "a pax record of length zero", new RawTar().Extension('x', "0 path=a\n").Header("f").End(), OciError.MalformedLayer },
        { "a pax record twice", new RawTar().Pax(("path", "a"), ("path", "b")).Header("f").End(), OciError.MalformedLayer },
        { "two pax headers", new RawTar().Pax(("path", "a")).Pax(("uid", "1")).Header("f").End(), OciError.MalformedLayer },
        { "two names", new RawTar().Extension('L', "a").Pax(("path", "b")).Header("f").End(), OciError.MalformedLayer },
        { "too many pax records", new RawTar().Pax([.. Enumerable.Range(0, 1025).Select(i => ($"k{i}", "v"))]).Header("f").End(), OciError.MalformedLayer },
        { "a pax size that is no number", new RawTar().Pax(("size", "-1")).Header("f").End(), OciError.MalformedLayer },
        { "a pax path with a zero byte", new RawTar().Pax(("path", "a\0b")).Header("f").End(), OciError.MalformedLayer },
        { "an extension without an entry", new RawTar().Pax(("path", "a")).End(), OciError.MalformedLayer },
        { "a global header with a path", new RawTar().Extension('g', RawTar.Records(("path", "a"))).Header("f").End(), OciError.MalformedLayer },
        { "a sparse file in GNU's form", new RawTar().Header("f", 'S').End(), OciError.Unsupported },
        { "a sparse file in pax form", new RawTar().Pax(("GNU.sparse.major", "1")).Header("f").End(), OciError.MalformedLayer },
        { "a directory with content", new RawTar().File("d", "x", '5').End(), OciError.MalformedLayer },
        { "a hard link with content", new RawTar().Header("h", '1', size: 1, link: "f").Data("x"u8).End(), OciError.MalformedLayer },
        { "a link to nowhere", new RawTar().Header("l", '2').End(), OciError.MalformedLayer },
        { "an unknown type", new RawTar().Header("l", 'V').End(), OciError.MalformedLayer },
        { "a name that is not UTF-8", new RawTar().Header("\u00FF").End(), OciError.MalformedLayer },
        { "no name", new RawTar().Header("").End(), OciError.MalformedLayer },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Refuses_(string what, byte[] archive, OciError error)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var failure = await Assert.ThrowsAsync<OciException>(() => ReadAsync(archive));

        Assert.True(failure.Error == error, $"{what}: {failure.Error}: {failure.Message}");
        Assert.StartsWith("the archive", failure.Message);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20, $"{what}: allocated as much as the header claims");
    }

    [Fact]
    public async Task Accepts_AGlobalHeader_ThatOnlyComments() =>
        Assert.Single(await ReadAsync(new RawTar().Extension('g', RawTar.Records(("comment", "0123"))).Header("f").End()));

    [Fact]
    public async Task Refuses_MoreEntriesThanTheLimit()
    {
        var archive = new RawTar();
        Enumerable.Range(0, 11).ToList().ForEach(i => archive.Header($"f{i}"));
        var reader = new TarReader(new MemoryStream(archive.End()), "the archive", new OciLimits { MaxLayerEntries = 10 });

        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(await reader.NextAsync(default));
        }

        Assert.Equal(OciError.LimitExceeded, (await Assert.ThrowsAsync<OciException>(async () => await reader.NextAsync(default))).Error);
    }

    private static TarReader Reader(byte[] archive) => new(new MemoryStream(archive), "the archive");

    private static async Task<List<(TarEntry Entry, string Content)>> ReadAsync(byte[] archive, bool accept = false)
    {
        var reader = Reader(archive);
        var entries = new List<(TarEntry, string)>();
        try
        {
            while (await reader.NextAsync(default) is { } entry)
            {
                using var content = new StreamReader(reader.Content, leaveOpen: true);
                entries.Add((entry, await content.ReadToEndAsync()));
            }
        }
        catch (OciException) when (accept)
        {
            return entries;                                                // the entries in front of a name that is not UTF-8
        }

        return entries;
    }
}
