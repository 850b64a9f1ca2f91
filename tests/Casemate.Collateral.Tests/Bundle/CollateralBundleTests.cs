using System.Formats.Tar;
using System.Text;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Store;
using Casemate.Collateral.Tests.Service;

namespace Casemate.Collateral.Tests.Bundle;

/// <summary>What a bundle promises: what comes out is what the signer put in, or nothing does.</summary>
public sealed class CollateralBundleTests
{
    private static readonly BundleSigningKey Key = BundleSigningKey.Create();

    [Fact]
    public async Task ComesOut_AsItWentIn()
    {
        var pieces = await Fleet.AllAsync();

        var bundle = CollateralBundle.Parse(CollateralBundle.Write(pieces, Fleet.Noon, Key), "b", Key.PublicKey);

        Assert.Equal((Fleet.Noon, Key.PublicKey.Fingerprint, true), (bundle.Created, bundle.Signer, bundle.IsSignatureVerified));
        Assert.Equal(pieces.Length, bundle.Entries.Length);
        foreach (var piece in pieces)
        {
            var read = Assert.Single(bundle.Entries, entry => entry.Key == piece.Key);
            Assert.True(read.Raw.Span.SequenceEqual(piece.Raw.Span));
            Assert.True(read.IssuerChainPem.Span.SequenceEqual(piece.IssuerChainPem.Span));
            Assert.Equal(
                (piece.Fetched, piece.Source, piece.NotBefore, piece.NotAfter), (read.Fetched, read.Source, read.NotBefore, read.NotAfter));
        }
    }

    [Fact]
    public async Task HasTheSameBytes_ForTheSameContent_InAnyOrder()
    {
        var pieces = await Fleet.AllAsync();

        Assert.Equal(CollateralBundle.WriteUnsigned(pieces, Fleet.Noon), CollateralBundle.WriteUnsigned(pieces.Reverse(), Fleet.Noon));
        Assert.NotEqual(CollateralBundle.WriteUnsigned(pieces, Fleet.Noon), CollateralBundle.WriteUnsigned(pieces, Fleet.Noon.AddSeconds(1)));
    }

    [Fact]
    public async Task IsAnOrdinaryTarArchive_WithFixedTimesAndOwners()
    {
        using var reader = new TarReader(new MemoryStream(CollateralBundle.Write(await Fleet.AllAsync(), Fleet.Noon, Key)));
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry)
        {
            names.Add(entry.Name);
            Assert.Equal(
                (TarEntryType.RegularFile, DateTimeOffset.UnixEpoch, 0, 0), (entry.EntryType, entry.ModificationTime, entry.Uid, entry.Gid));
        }

        Assert.Equal(["manifest.json", "manifest.sig"], names.Take(2));
        Assert.Equal(names.Skip(2).Order(StringComparer.Ordinal), names.Skip(2));
        Assert.Contains("root-ca-crl/intel.crl", names);
    }

    [Fact]
    public async Task Refuses_EveryChangedByte()
    {
        var good = CollateralBundle.Write(await Fleet.AllAsync(), Fleet.Noon, Key);
        _ = CollateralBundle.Parse(good, "b", Key.PublicKey);

        // Every byte of archive headers, manifest and signature; further on every fifth, which is in every file.
        var dense = 512 + Files(good)[0].Content.Length + 4096;
        for (var i = 0; i < good.Length; i += i < dense ? 1 : 5)
        {
            good[i] ^= (byte)(1 << (i % 8));
            Assert.Throws<MalformedInputException>(() => CollateralBundle.Parse(good, "b", Key.PublicKey));
            good[i] ^= (byte)(1 << (i % 8));
        }
    }

    [Fact]
    public async Task Refuses_EveryLength_ButItsOwn()
    {
        var good = CollateralBundle.Write(await Fleet.AllAsync(), Fleet.Noon, Key);
        for (var length = 0; length < good.Length; length += 251)
        {
            Assert.Throws<MalformedInputException>(() => CollateralBundle.Parse(good.AsMemory(0, length), "b", Key.PublicKey));
        }

        Assert.Throws<MalformedInputException>(() => CollateralBundle.Parse(good.AsMemory(0, good.Length - 512), "b", Key.PublicKey));
        Assert.Throws<MalformedInputException>(() => CollateralBundle.Parse((byte[])[.. good, 0], "b", Key.PublicKey));
        Assert.Throws<MalformedInputException>(() => CollateralBundle.Parse((byte[])[.. good, .. new byte[512]], "b", Key.PublicKey));
    }

    [Fact]
    public async Task Refuses_AnotherKey_NoSignature_AndASignatureTakenAway()
    {
        var pieces = await Fleet.AllAsync();
        using var other = BundleSigningKey.Create();
        var signed = CollateralBundle.Write(pieces, Fleet.Noon, Key);
        var unsigned = CollateralBundle.WriteUnsigned(pieces, Fleet.Noon);

        // The signature's file is one header and one block, after the manifest.
        var (_, manifest) = Files(signed)[0];
        var at = 512 + ((manifest.Length + 511) / 512 * 512);
        byte[] stripped = [.. signed[..at], .. signed[(at + 1024)..]];

        Assert.Contains(Key.PublicKey.Fingerprint, Refusal(CollateralBundle.Write(pieces, Fleet.Noon, other)), StringComparison.Ordinal);
        Assert.Contains("is not signed", Refusal(unsigned), StringComparison.Ordinal);
        Assert.Contains("is not signed", Refusal(stripped), StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsRead_WithoutASignature_OnlyByTheMethodThatSaysSo()
    {
        using var directory = new Testing.TemporaryDirectory();
        var pieces = await Fleet.AllAsync();
        File.WriteAllBytes(directory.File("unsigned.tar"), CollateralBundle.WriteUnsigned(pieces, Fleet.Noon));
        File.WriteAllBytes(directory.File("signed.tar"), CollateralBundle.Write(pieces, Fleet.Noon, Key));

        var unsigned = CollateralBundle.ReadAcceptingUnsigned(directory.File("unsigned.tar"));
        var signed = CollateralBundle.ReadAcceptingUnsigned(directory.File("signed.tar"));

        Assert.Equal(("", false), (unsigned.Signer, unsigned.IsSignatureVerified));
        Assert.Equal((Key.PublicKey.Fingerprint, false), (signed.Signer, signed.IsSignatureVerified));
        Assert.True(CollateralBundle.IsBundleFile(directory.File("signed.tar")));
        Assert.False(CollateralBundle.IsBundleFile(directory.Path));
        Assert.False(CollateralBundle.IsBundleFile(directory.File("absent")));
    }

    [Fact]
    public async Task Refuses_AnUnsignedBundle_WhoseFilesAreNotThoseOfItsManifest()
    {
        var bytes = CollateralBundle.WriteUnsigned(await Fleet.AllAsync(), Fleet.Noon);
        var files = Files(bytes);
        var (name, content) = files[^1];
        var changed = content.ToArray();
        changed[10] ^= 1;

        Assert.Contains("SHA-256 differs", UnsignedRefusal([.. files.SkipLast(1), (name, changed)]), StringComparison.Ordinal);
        Assert.Contains("which is not in it", UnsignedRefusal([.. files.SkipLast(1)]), StringComparison.Ordinal);
        Assert.Contains("does not name", UnsignedRefusal([.. files, ("zz", content)]), StringComparison.Ordinal);
        Assert.Contains("there twice", UnsignedRefusal([.. files, (name, content)]), StringComparison.Ordinal);
        Assert.Contains("first file", UnsignedRefusal([.. files.Skip(1)]), StringComparison.Ordinal);
        Assert.Contains("first file", UnsignedRefusal(CanonicalTar.Write([])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"schema\": \"casemate/collateral-bundle/v1\"", "\"schema\": \"casemate/collateral-bundle/v2\"", "schema")]
    [InlineData("\"created\"", "\"make\"", "created")]
    [InlineData("\"root-ca-crl/intel\"", "\"root-ca-crl/amd\"", "entry")]
    [InlineData("\"pck-crl/", "\"zzz-crl/", "entry")]
    [InlineData("\"root-ca-crl/intel.crl\"", "\"../intel.crl\"", "entry")]
    [InlineData("\"fetched\": \"2", "\"fetched\": \"x", "entry")]
    [InlineData("{", "[", "JSON")]
    public async Task Refuses_AManifest_ThatIsWrong(string old, string changed, string word)
    {
        var files = Files(CollateralBundle.WriteUnsigned(await Fleet.AllAsync(), Fleet.Noon));
        var manifest = Encoding.UTF8.GetString(files[0].Content.Span);
        Assert.Contains(old, manifest, StringComparison.Ordinal);
        var at = manifest.IndexOf(old, StringComparison.Ordinal);

        files[0] = (files[0].Name, Encoding.UTF8.GetBytes(manifest[..at] + changed + manifest[(at + old.Length)..]));

        Assert.Contains(word, UnsignedRefusal(files), StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsNotMade_WithoutTheRevocationListsThatItsPiecesNeed_UnlessToldSo()
    {
        var pieces = await Fleet.AllAsync();
        foreach (var kind in new[] { CollateralKind.RootCaCrl, CollateralKind.PckCrl, CollateralKind.SnpCrl })
        {
            var without = pieces.Where(piece => piece.Key.Kind != kind).ToArray();

            var refusal = Assert.Throws<IncompleteBundleException>(() => CollateralBundle.Write(without, Fleet.Noon, Key));

            Assert.Equal(kind, Assert.Single(refusal.Missing).Missing.Kind);
            Assert.Equal(
                pieces.Length - 1,
                CollateralBundle.Parse(CollateralBundle.Write(without, Fleet.Noon, Key, allowMissingRevocationLists: true), "b", Key.PublicKey)
                    .Entries.Length);
        }
    }

    [Fact]
    public async Task IsNotMade_OfNothing_OrOfOneThingTwice()
    {
        var pieces = await Fleet.AllAsync();

        Assert.Throws<ArgumentException>(() => CollateralBundle.WriteUnsigned([], Fleet.Noon));
        Assert.Throws<ArgumentException>(() => CollateralBundle.WriteUnsigned([.. pieces, pieces[0]], Fleet.Noon));
    }

    [Fact]
    public async Task NeverThrows_AnythingElse_WhateverTheBytes()
    {
        using var directory = new Testing.TemporaryDirectory();
        var pieces = (await Fleet.AllAsync()).OrderBy(piece => piece.Key.ToString(), StringComparer.Ordinal).ToList();
        var good = CollateralBundle.WriteUnsigned(pieces, Fleet.Noon);
        var random = new Random(4711);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = good.ToArray();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(directory.File("b"), bytes);
            try
            {
                // Nothing covers a date or a source in an unsigned bundle; the documents themselves are as they were.
                var read = CollateralBundle.ReadAcceptingUnsigned(directory.File("b"));
                Assert.Equal(pieces.Count, read.Entries.Length);
                Assert.All(read.Entries, (entry, index) => Assert.True(entry.Raw.Span.SequenceEqual(pieces[index].Raw.Span)));
            }
            catch (MalformedInputException)
            {
                continue;
            }
        }
    }

    [Fact]
    public async Task NamesNoMachine_InItsFileNames_OnlyInItsManifest()
    {
        var pieces = await Fleet.AllAsync();
        var files = Files(CollateralBundle.WriteUnsigned(pieces, Fleet.Noon));

        Assert.DoesNotContain(files, file => file.Name.Contains(Provisioned.Vcek().ChipId, StringComparison.Ordinal));
        Assert.All(files, file => Assert.True(file.Name.Length <= 100));
    }

    private static List<(string Name, ReadOnlyMemory<byte> Content)> Files(byte[] bundle)
    {
        Assert.True(CanonicalTar.TryRead(bundle, 1000, out var files, out var error), error);
        return files;
    }

    private static string Refusal(byte[] bundle) =>
        Assert.Throws<MalformedInputException>(() => CollateralBundle.Parse(bundle, "b", Key.PublicKey)).Message;

    private static string UnsignedRefusal(IEnumerable<(string Name, ReadOnlyMemory<byte> Content)> files) =>
        UnsignedRefusal(CanonicalTar.Write(files));

    private static string UnsignedRefusal(byte[] bundle)
    {
        using var directory = new Testing.TemporaryDirectory();
        File.WriteAllBytes(directory.File("b"), bundle);
        try
        {
            _ = CollateralBundle.ReadAcceptingUnsigned(directory.File("b"));
            return "";
        }
        catch (MalformedInputException exception)
        {
            return exception.Message;
        }
    }
}
