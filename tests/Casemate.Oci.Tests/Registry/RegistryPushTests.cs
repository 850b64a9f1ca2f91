using Casemate.Oci.Registry;
using Casemate.Testing.Registry;

namespace Casemate.Oci.Tests.Registry;

/// <summary>Writing to registries: OCI Distribution Specification 1.1, "Push".</summary>
public sealed class RegistryPushTests
{
    private const int Chunk = 64 * 1024;
    private static readonly byte[] s_content = Peer.Bytes(300_000);

    private static Peer Chunked(TestRegistryOptions? options = null) => new(options, client => client with { ChunkBytes = Chunk });

    [Fact]
    public async Task ASmallBlob_GoesInOnePiece()
    {
        await using var peer = new Peer();

        await peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None);
        await peer.Repository().WriteAsync(Peer.Layer([]), new MemoryStream(), CancellationToken.None);

        Assert.Equal(s_content, peer.App.Blobs[Digest.Of(s_content).Text]);
        Assert.Equal(["POST", "PUT", "POST", "PUT"], peer.Server.Log.Select(r => r.Method));
        Assert.True(await peer.Repository().ExistsAsync(Peer.Layer(s_content), CancellationToken.None));
    }

    [Fact]
    public async Task ALargeBlob_GoesInPieces()
    {
        await using var peer = Chunked();

        await peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None);

        Assert.Equal(s_content, peer.App.Blobs[Digest.Of(s_content).Text]);
        Assert.Equal(["POST", "PATCH", "PATCH", "PATCH", "PATCH", "PUT"], peer.Server.Log.Select(r => r.Method));
        Assert.Equal(
            ["0-65535", "65536-131071", "131072-196607", "196608-262143", "262144-299999"],
            peer.Server.Log.Skip(1).Select(r => r.Header("Content-Range")));
    }

    [Fact]
    public async Task ARegistryThatWantsLargerPieces_GetsThem()
    {
        await using var peer = Chunked(new TestRegistryOptions { MinimumChunk = 250_000 });

        await peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None);

        Assert.Equal(["0-249999", "250000-299999"], peer.Server.Log.Skip(1).Select(r => r.Header("Content-Range")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(40_000)]
    public async Task AnUploadThatIsCut_GoesOn_WhereTheRegistryHasIt(int after)
    {
        await using var peer = Chunked();
        peer.Server.Add(new RegistryFault(r => r.Header("Content-Range") == "65536-131071") { CutUploadAfter = after });

        await peer.Repository().WriteAsync(Peer.Layer(s_content), new Once(s_content), CancellationToken.None);

        Assert.Equal(s_content, peer.App.Blobs[Digest.Of(s_content).Text]);
        Assert.Equal(s_content.Length, peer.Server.Log.Sum(r => r.Received));
        Assert.Equal($"{65_536 + after}-131071", peer.Server.Log[4].Header("Content-Range"));
        Assert.Equal(["POST", "PATCH", "PATCH", "GET", "PATCH", "PATCH", "PATCH", "PUT"], peer.Server.Log.Select(r => r.Method));
    }

    [Fact]
    public async Task TheOnlyPiece_WhenItIsCut_GoesOnAsWell()
    {
        await using var peer = new Peer();
        peer.Server.Add(new RegistryFault(r => r.Method == "PUT") { CutUploadAfter = 123_456 });

        await peer.Repository().WriteAsync(Peer.Layer(s_content), new Once(s_content), CancellationToken.None);

        Assert.Equal(s_content, peer.App.Blobs[Digest.Of(s_content).Text]);
        Assert.Equal(["POST", "PUT", "HEAD", "GET", "PUT"], peer.Server.Log.Select(r => r.Method));
        Assert.Equal(s_content.Length, peer.Server.Log.Sum(r => r.Received));
        Assert.Equal("123456-299999", peer.Server.Log[^1].Header("Content-Range"));
    }

    [Fact]
    public async Task AnAnswerThatIsLost_CostsNoSecondUpload()
    {
        await using var peer = Chunked();
        peer.Server.Add(new RegistryFault(r => r.Method == "PUT") { LoseAnswer = true });
        peer.Server.Add(new RegistryFault(r => r.Method == "PATCH") { LoseAnswer = true });

        await peer.Repository().WriteAsync(Peer.Layer(s_content), new Once(s_content), CancellationToken.None);

        Assert.Equal(s_content, peer.App.Blobs[Digest.Of(s_content).Text]);
        Assert.Equal(s_content.Length, peer.Server.Log.Sum(r => r.Received));
    }

    [Fact]
    public async Task AnUploadThatTheRegistryForgot_BeginsAgain_IfTheContentCan()
    {
        await using var peer = Chunked();
        peer.Server.Add(new RegistryFault(r => r.Header("Content-Range") == "131072-196607") { ForgetUpload = true, Times = 2 });

        await peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None);
        Assert.Equal(s_content, peer.App.Blobs[Digest.Of(s_content).Text]);

        peer.Server.Add(new RegistryFault(r => r.Header("Content-Range") == "131072-196607") { ForgetUpload = true });
        await Peer.RefusedAsync(
            OciError.NotFound, () => peer.Repository("team/other").WriteAsync(Peer.Layer(s_content), new Once(s_content), CancellationToken.None));
    }

    [Fact]
    public async Task AnUploadThatNeverGetsOn_IsGivenUp()
    {
        await using var peer = Chunked();
        peer.Server.Add(new RegistryFault(r => r.Method == "PATCH") { CutUploadAfter = 0, Times = int.MaxValue });

        await Peer.RefusedAsync(
            OciError.Unavailable, () => peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None));

        Assert.Equal(5, peer.Server.Log.Count(r => r.Method == "PATCH"));
        Assert.Empty(peer.App.Blobs);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ContentThatIsNotWhatWasPromised_NeverBecomesABlob(int difference)
    {
        await using var peer = Chunked();
        var promised = new Descriptor(MediaTypes.Layer, Digest.Of("something else"u8), s_content.Length + difference);

        await Peer.RefusedAsync(
            OciError.DigestMismatch, () => peer.Repository().WriteAsync(promised, new MemoryStream(s_content), CancellationToken.None));

        Assert.Empty(peer.App.Blobs);
        Assert.DoesNotContain(peer.Server.Log, r => r.Method == "PUT");
        Assert.Equal("DELETE", peer.Server.Log[^1].Method);
    }

    [Fact]
    public async Task ABlobOfAnotherRepository_IsTakenOver_WithoutTravelling()
    {
        await using var peer = new Peer();
        peer.Server.Repository("team/base").AddBlob(s_content);

        Assert.True(await peer.Repository().TryMountAsync(Peer.Layer(s_content), peer.Repository("team/base"), CancellationToken.None));

        Assert.True(peer.App.Blobs.ContainsKey(Digest.Of(s_content).Text));
        Assert.Equal(0, peer.Server.Log.Sum(r => r.Received));
    }

    [Fact]
    public async Task ARegistryThatTakesNothingOver_GetsIt_InTheUploadThatItOffered()
    {
        await using var peer = new Peer(new TestRegistryOptions { Mounts = false });
        peer.Server.Repository("team/base").AddBlob(s_content);
        var repository = peer.Repository();

        Assert.False(await repository.TryMountAsync(Peer.Layer(s_content), peer.Repository("team/base"), CancellationToken.None));
        await repository.WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None);

        Assert.Equal(["POST", "PUT"], peer.Server.Log.Select(r => r.Method));
        Assert.True(peer.App.Blobs.ContainsKey(Digest.Of(s_content).Text));
    }

    [Fact]
    public async Task AManifest_IsWritten_AndTagged()
    {
        await using var peer = new Peer();
        var from = peer.Server.Repository("team/base");
        var manifest = from.Manifests[from.AddImage("1")];
        peer.App.AddImage(null);
        var descriptor = Descriptor.Of(manifest.MediaType, manifest.Content);
        var repository = peer.Repository();

        await repository.WriteAsync(descriptor, new MemoryStream(manifest.Content), CancellationToken.None);
        await repository.TagAsync(descriptor, "1.0", CancellationToken.None);
        await peer.Repository().TagAsync(descriptor, "1", CancellationToken.None);

        Assert.Equal([("1", descriptor.Digest.Text), ("1.0", descriptor.Digest.Text)], peer.App.Tags.Select(t => (t.Key, t.Value)));
        await Peer.RefusedAsync(OciError.InvalidReference, () => repository.TagAsync(descriptor, "a/b", CancellationToken.None));
        await Peer.RefusedAsync(
            OciError.DigestMismatch, () => repository.WriteAsync(descriptor, new MemoryStream(new byte[descriptor.Size]), CancellationToken.None));
    }

    [Fact]
    public async Task WhatTheRegistrySays_WhenItRefuses_IsPassedOn_FitForATerminal()
    {
        await using var peer = new Peer();
        peer.Server.Add(new RegistryFault(r => r.Method == "POST")
        {
            Status = 403,
            Body = Peer.Text("""{"errors":[{"code":"DENIED","message":"the quota\u001b[2J of team is used up"}]}"""),
        });

        var failure = await Peer.RefusedAsync(
            OciError.Denied, () => peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None));

        Assert.Contains("the quota?[2J of team is used up (DENIED)", failure.Message);
    }

    /// <summary>Content that can be read once.</summary>
    private sealed class Once(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
