using Casemate.Oci.Registry;
using Casemate.Testing;
using Casemate.Testing.Registry;

namespace Casemate.Oci.Tests.Registry;

/// <summary>Reading from registries: OCI Distribution Specification 1.1, "Pull".</summary>
public sealed class RegistryPullTests
{
    private static readonly byte[] s_content = Peer.Bytes(300_000);

    [Fact]
    public async Task ATag_IsResolved_WithoutReadingTheManifest()
    {
        await using var peer = new Peer();
        var digest = peer.App.AddImage("1", s_content);

        var found = await peer.Repository().ResolveAsync(null, CancellationToken.None);

        Assert.Equal((MediaTypes.Manifest, digest, (long)peer.App.Manifests[digest].Content.Length), (found.MediaType, found.Digest.Text, found.Size));
        Assert.Equal("HEAD", Assert.Single(peer.Server.Log).Method);
    }

    [Fact]
    public async Task ARegistryThatTellsHeadNothing_IsAskedForTheManifest()
    {
        await using var peer = new Peer();
        var digest = peer.App.AddImage("1", s_content);
        peer.Server.Add(new RegistryFault(r => r.Method == "HEAD") { Headers = new Dictionary<string, string> { ["Docker-Content-Digest"] = "none" } });

        var found = await peer.Repository().ResolveAsync("1", CancellationToken.None);

        Assert.Equal(digest, found.Digest.Text);
        Assert.Equal(["HEAD", "GET"], peer.Server.Log.Select(r => r.Method));
    }

    [Theory]
    [InlineData("build/app:1", "docker.io/build/app;")]
    [InlineData("ap", "docker.io/library/ap;")]
    [InlineData("registry.example/ap", null)]
    public void AFailure_SaysWhatAShortNameWasReadAs(string name, string? read)
    {
        var reference = ImageReference.Parse(name);
        var address = new Uri("https://registry.example/v2/x/manifests/1");
        using var answer = new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized);

        var failure = RegistryFailure.Of(
            answer, [], new RegistryRequest(HttpMethod.Head, address, reference.Registry, reference.Repository), text => text);

        Assert.Contains("Log in", failure.Remedy, StringComparison.Ordinal);
        Assert.Equal(read is not null, failure.Remedy!.Contains(read ?? "docker.io", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatIsNotThere_IsNotFound()
    {
        await using var peer = new Peer();

        var missing = await Peer.RefusedAsync(OciError.NotFound, () => peer.Repository().ResolveAsync("2", CancellationToken.None));
        Assert.StartsWith($"{peer.Server.Host}/team/app has no tag '2': ", missing.Message, StringComparison.Ordinal);
        Assert.Contains("answered 404", missing.Message, StringComparison.Ordinal);
        await Peer.RefusedAsync(OciError.NotFound, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
        await Peer.RefusedAsync(OciError.InvalidReference, () => peer.Repository().ResolveAsync("../../evil", CancellationToken.None));
    }

    [Fact]
    public async Task Blobs_AndManifests_AreRead()
    {
        await using var peer = new Peer();
        var digest = peer.App.AddImage("1", s_content, []);
        var manifest = peer.App.Manifests[digest];

        Assert.Equal(s_content, await Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
        Assert.Empty(await Peer.ReadAsync(peer.Repository(), Peer.Layer([])));
        Assert.Equal(manifest.Content, await Peer.ReadAsync(peer.Repository(), Descriptor.Of(manifest.MediaType, manifest.Content)));
    }

    [Fact]
    public async Task ADownloadThatIsCut_GoesOn_WhereItEnded()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(r => r.Path.Contains("/blobs/")) { CutDownloadAfter = 100_000 });
        peer.Server.Add(new RegistryFault(r => r.Path.Contains("/blobs/")) { CutDownloadAfter = 70_000 });

        Assert.Equal(s_content, await Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));

        Assert.Equal([null, "bytes=100000-", "bytes=170000-"], peer.Server.Log.Select(r => r.Header("Range")));
        Assert.Equal(s_content.Length, peer.Server.Log.Sum(r => r.Sent));
        Assert.Equal(2, peer.Pauses.Count);
    }

    [Fact]
    public async Task ARegistryThatKnowsNoRanges_SendsAllAgain_AndTheContentIsRight()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(r => r.Path.Contains("/blobs/")) { CutDownloadAfter = 100_000 });
        peer.Server.Add(new RegistryFault(r => r.Header("Range") is not null) { IgnoreRange = true });

        Assert.Equal(s_content, await Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));

        Assert.Equal(400_000, peer.Server.Log.Sum(r => r.Sent));
    }

    [Fact]
    public async Task TheRestOfAPart_IsRead_AndTheWholeIsVerified()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        var descriptor = Peer.Layer(s_content);

        await using (var rest = await peer.Repository().OpenRestAsync(descriptor, new MemoryStream(s_content[..123_456]), CancellationToken.None))
        {
            using var all = new MemoryStream();
            await rest.CopyToAsync(all);
            Assert.Equal(s_content[123_456..], all.ToArray());
        }

        Assert.Equal(s_content.Length - 123_456, peer.Server.Log.Sum(r => r.Sent));
        await using var wrong = await peer.Repository().OpenRestAsync(descriptor, new MemoryStream(new byte[10]), CancellationToken.None);
        await Peer.RefusedAsync(OciError.DigestMismatch, () => wrong.CopyToAsync(Stream.Null));
        await Peer.RefusedAsync(
            OciError.DigestMismatch, () => peer.Repository().OpenRestAsync(descriptor, new MemoryStream(new byte[300_001]), CancellationToken.None));
    }

    [Fact]
    public async Task TheRestOfAPart_IsRead_EvenWhereRangesAreUnknown_AndTheFirstAnswerIsCut()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(_ => true) { IgnoreRange = true, CutDownloadAfter = 40_000 });
        peer.Server.Add(new RegistryFault(_ => true) { IgnoreRange = true });

        await using var rest = await peer.Repository().OpenRestAsync(
            Peer.Layer(s_content), new MemoryStream(s_content[..200_000]), CancellationToken.None);
        using var all = new MemoryStream();
        await rest.CopyToAsync(all);

        Assert.Equal(s_content[200_000..], all.ToArray());
    }

    [Fact]
    public async Task APartThatIsAll_IsVerified_WithoutAsking()
    {
        await using var peer = new Peer();

        await using var rest = await peer.Repository().OpenRestAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None);

        Assert.Equal(0, await rest.ReadAsync(new byte[1]));
        Assert.Empty(peer.Server.Log);
        await Peer.RefusedAsync(
            OciError.DigestMismatch,
            () => peer.Repository().OpenRestAsync(Peer.Layer(s_content), new MemoryStream(new byte[300_000]), CancellationToken.None));
    }

    [Fact]
    public async Task ADownloadThatNeverGetsOn_IsGivenUp_AndSaysHowFarItCame()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(r => r.Path.Contains("/blobs/")) { CutDownloadAfter = 10, Times = int.MaxValue });

        var failure = await Peer.RefusedAsync(OciError.Unavailable, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));

        Assert.Equal(5, peer.Server.Log.Count);
        Assert.Contains("50 of 300,000 bytes", failure.Message);
    }

    [Fact]
    public async Task ABodyThatStops_IsGivenUpInTime_AndResumed()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        await using var peer = new Peer(change: options => options with { Time = clock });
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(r => r.Path.Contains("/blobs/")) { StallAfter = 50_000 });
        await using var stream = await peer.Repository().OpenAsync(Peer.Layer(s_content), CancellationToken.None);
        var first = new byte[50_000];
        await stream.ReadExactlyAsync(first);

        var rest = new byte[250_000];
        var reading = stream.ReadExactlyAsync(rest).AsTask();
        Assert.False(reading.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(31));
        await reading.SoonAsync();

        Assert.Equal(s_content, first.Concat(rest));
        Assert.Equal("bytes=50000-", peer.Server.Log[1].Header("Range"));
    }

    [Fact]
    public async Task AnAnswerThatDoesNotCome_IsGivenUpInTime()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        await using var peer = new Peer(change: options => options with { Time = clock, MaxAttempts = 1 });
        peer.App.AddImage("1", s_content);
        peer.Server.Add(new RegistryFault(r => r.Method == "GET") { StallAfter = 10 });

        var reading = peer.Repository().GetManifestAsync("1", CancellationToken.None);
        while (peer.Server.Log.Count == 0 || peer.Server.Log[0].Sent == 0)
        {
            await Task.Yield();
        }

        // Head and body have a deadline each; whichever is being waited for is past.
        while (!reading.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(61));
            await Task.Yield();
        }

        await Peer.RefusedAsync(OciError.Unavailable, () => reading);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task ARegistryInTrouble_IsAskedAgain_LaterEachTime(int status)
    {
        await using var peer = new Peer();
        peer.App.AddImage("1", s_content);
        peer.Server.Add(new RegistryFault(_ => true) { Status = status, Times = 3 });

        await peer.Repository().ResolveAsync("1", CancellationToken.None);

        Assert.Equal(4, peer.Server.Log.Count);
        Assert.Collection(
            peer.Pauses,
            p => Assert.InRange(p.TotalSeconds, 0.25, 0.5), p => Assert.InRange(p.TotalSeconds, 0.5, 1), p => Assert.InRange(p.TotalSeconds, 1, 2));
    }

    [Fact]
    public async Task ARegistryThatNamesTheWait_GetsIt_UnlessItIsTooLong()
    {
        await using var peer = new Peer();
        peer.App.AddImage("1", s_content);
        peer.Server.Add(new RegistryFault(_ => true) { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "17" } });
        peer.Server.Add(new RegistryFault(_ => true) { Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "3600" } });

        await Peer.RefusedAsync(OciError.Unavailable, () => peer.Repository().ResolveAsync("1", CancellationToken.None));

        Assert.Equal([TimeSpan.FromSeconds(17)], peer.Pauses);
        Assert.Equal(2, peer.Server.Log.Count);
    }

    [Fact]
    public async Task NobodyThere_IsUnavailable()
    {
        var peer = new Peer();
        var repository = peer.Repository();
        await peer.Server.DisposeAsync();

        await Peer.RefusedAsync(OciError.Unavailable, () => repository.ResolveAsync("1", CancellationToken.None));

        Assert.Equal(4, peer.Pauses.Count);
        peer.Client.Dispose();
    }
}
