using System.IO.Compression;
using Casemate.Oci.Layers;
using Casemate.Oci.Streams;
using Casemate.Oci.Tests.Tar;
using Casemate.Oci.Tests.Zstandard;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Layers;

/// <summary>Reading layers that were not made by us, and are not what they say.</summary>
public sealed class LayerReaderTests
{
    [Theory]
    [InlineData(true, MediaTypes.Layer)]
    [InlineData(false, MediaTypes.LayerGzip)]
    public async Task TheBytes_SayWhetherItIsCompressed(bool compressed, string mediaType)
    {
        var plain = new RawTar().File("a", "b").End();

        var digest = await ReadAsync(compressed ? Zip(plain) : plain, mediaType);

        Assert.Equal(Digest.Of(plain), digest);
    }

    [Fact]
    public async Task Refuses_AZipBomb_ByItsRatio()
    {
        // 64 MiB of zeros in 64 KiB; a layer that is itself that well compressed is possible, so the limit is set lower here.
        var bomb = Zip(new RawTar().Header("f", sizeField: "00400000000").Raw(new byte[64 << 20]).End());

        var failure = await Assert.ThrowsAsync<OciException>(() => ReadAsync(bomb, limits: new OciLimits { MaxCompressionRatio = 100 }));

        Assert.Equal(OciError.LimitExceeded, failure.Error);
        Assert.Contains("100 times", failure.Message);
    }

    [Fact]
    public async Task Refuses_MoreBytesThanTheLimit()
    {
        var layer = Zip(new RawTar().File("a", new string('a', 5000)).End());

        var failure = await Assert.ThrowsAsync<OciException>(() => ReadAsync(layer, limits: new OciLimits { MaxUnpackedBytes = 6000 }));

        Assert.Equal(OciError.LimitExceeded, failure.Error);
    }

    [Theory]
    [InlineData("layer.tar", MediaTypes.LayerZstd)]
    [InlineData("layer.tar", MediaTypes.DockerLayerZstd)]
    [InlineData("layer.tar", MediaTypes.LayerGzip)]
    [InlineData("layer-chunked.tar", MediaTypes.LayerZstd)]
    [InlineData("layer-skippable-first.tar", MediaTypes.LayerZstd)]
    public async Task ALayerCompressedWithZstd_GivesThePlainArchive(string vector, string mediaType)
    {
        var digest = await ReadAsync(ZstandardVectors.Read(vector), mediaType);

        Assert.Equal(ZstandardVectors.Sums["layer.tar"], digest.Hex);
    }

    [Fact]
    public async Task TheMediaTypeOfZstd_IsAClaimToo()
    {
        var plain = new RawTar().File("a", "b").End();

        Assert.Equal(Digest.Of(plain), await ReadAsync(Zip(plain), MediaTypes.LayerZstd));
        Assert.Equal(Digest.Of(plain), await ReadAsync(plain, MediaTypes.LayerZstd));
        Assert.Equal(Digest.Of(plain), await ReadAsync(StoredZstandard.Of(plain), MediaTypes.Layer));
    }

    [Fact]
    public async Task Refuses_AZstdBomb_ByItsRatio_AndSaysWhatToDo()
    {
        // A block of repeated bytes gives 128 KiB for four: far above what gzip can do, so the usual limit holds here.
        var bomb = StoredZstandard.Of(new RawTar().Header("f", sizeField: "00200000000").Raw(new byte[32 << 20]).End());

        var failure = await Assert.ThrowsAsync<OciException>(() => ReadAsync(bomb, MediaTypes.LayerZstd));

        Assert.Equal(OciError.LimitExceeded, failure.Error);
        Assert.Contains("1100 times", failure.Message);
        Assert.Contains("skopeo", failure.Remedy);
    }

    [Fact]
    public async Task Refuses_MoreBytesThanTheLimit_FromZstd()
    {
        var layer = StoredZstandard.Of(new RawTar().File("a", new string('a', 5000)).End());

        var failure = await Assert.ThrowsAsync<OciException>(() => ReadAsync(layer, limits: new OciLimits { MaxUnpackedBytes = 6000 }));

        Assert.Equal(OciError.LimitExceeded, failure.Error);
    }

    [Theory]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x89 }, OciError.LimitExceeded, "window of 150994944 bytes")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x01, 0x00, 7 }, OciError.Unsupported, "dictionary 7")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x08, 0x00 }, OciError.MalformedLayer, "reserved bit")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x00 }, OciError.MalformedLayer, "data ends")]
    public async Task Refuses_WhatCannotBeReadOfZstd(byte[] layer, OciError error, string message)
    {
        var failure = await Assert.ThrowsAsync<OciException>(() => ReadAsync(layer, MediaTypes.LayerZstd));

        Assert.Equal(error, failure.Error);
        Assert.StartsWith("the layer ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message);
        Assert.True(error == OciError.MalformedLayer || failure.Remedy is not null);
    }

    [Fact]
    public async Task Refuses_DamagedGzip()
    {
        var layer = Zip(new RawTar().File("a", string.Concat(Enumerable.Range(0, 2000))).End());
        layer[layer.Length / 2] ^= 0x55;

        var failure = await Assert.ThrowsAsync<OciException>(() => ReadAsync(layer));

        Assert.Equal(OciError.MalformedLayer, failure.Error);
    }

    [Fact]
    public async Task Refuses_AnotherDiffId()
    {
        var layer = new RawTar().File("a", "b").End();
        await using var reader = await LayerReader.OpenAsync(new MemoryStream(layer), Descriptor.Of(MediaTypes.Layer, layer), "layer", null, default);

        var failure = await Assert.ThrowsAsync<OciException>(() => reader.FinishAsync(Digest.Of("other"u8), default));

        Assert.Equal(OciError.DigestMismatch, failure.Error);
    }

    [Fact]
    public async Task WhatFollowsTheArchive_CountsForTheDiffId()
    {
        var layer = new RawTar().File("a", "b").Raw(new byte[1024]).Raw([1, 2, 3]).WithoutEnd();

        Assert.Equal(Digest.Of(layer), await ReadAsync(Zip(layer)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task AVerifyingStream_GivesGenuineBytes(int piece)
    {
        var content = Enumerable.Range(0, 100_000).Select(i => (byte)i).ToArray();
        await using var stream = new VerifyingStream(new MemoryStream(content), Descriptor.Of("a/b", content), "source");
        var read = new MemoryStream();
        await stream.CopyToAsync(read, piece);

        Assert.Equal(content, read.ToArray());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public void AVerifyingStream_RefusesOtherBytes_WithTheReadThatBringsTheLast(int longer)
    {
        var content = new byte[1000];
        var descriptor = Descriptor.Of("a/b", content);
        var other = new byte[1000 + longer];
        other[10] = (byte)(longer == 0 ? 1 : 0);
        using var stream = new VerifyingStream(new MemoryStream(other), descriptor, "source");

        var failure = Assert.Throws<OciException>(() => stream.ReadExactly(new byte[1000]));

        Assert.Equal(OciError.DigestMismatch, failure.Error);
        Assert.Contains(descriptor.Digest.Text, failure.Message);
    }

    [Fact]
    public void AVerifyingStream_VerifiesNothingAsWell()
    {
        using var empty = new VerifyingStream(new MemoryStream(), Descriptor.Of("a/b", []), "source");
        Assert.Equal(0, empty.Read(new byte[10]));

        using var more = new VerifyingStream(new MemoryStream([1]), Descriptor.Of("a/b", []), "source");
        Assert.Equal(OciError.DigestMismatch, Assert.Throws<OciException>(() => more.Read(new byte[10])).Error);
    }

    internal static byte[] Zip(byte[] plain)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return output.ToArray();
    }

    private static async Task<Digest> ReadAsync(byte[] layer, string mediaType = MediaTypes.LayerGzip, OciLimits? limits = null)
    {
        await using var reader = await LayerReader.OpenAsync(
            new MemoryStream(layer), Descriptor.Of(mediaType, layer), "the layer", limits, default);
        while (await reader.NextAsync(default) is not null)
        {
            await reader.Content.CopyToAsync(Stream.Null);
        }

        return await reader.FinishAsync(default);
    }
}
