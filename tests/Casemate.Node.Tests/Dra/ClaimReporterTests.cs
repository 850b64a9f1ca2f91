using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Node.Dra;
using Casemate.Node.Metrics;
using Casemate.Node.Tests.Metrics;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.Dra;

/// <summary>What users are told of their claims, beside what the kubelet is answered.</summary>
public sealed class ClaimReporterTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stopping = new();
    private DraFixture _node = null!;
    private Task _reporting = Task.CompletedTask;

    public async ValueTask InitializeAsync() => _node = await DraFixture.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task AReadyClaim_SaysSo_WithItsDevices()
    {
        var claim = _node.Allocate("one", "64Mi");
        using var preparer = Start();

        Assert.Equal("", (await DraFixture.PrepareAsync(preparer, claim)).Error);

        var device = Assert.Single(await DevicesAsync(claim));
        Assert.Equal(
            (DraNames.Driver, DraFixture.Node, "epc-0", "share-one"),
            (Text(device, "driver"), Text(device, "pool"), Text(device, "device"), Text(device, "shareID")));
        var condition = Assert.Single(device.GetProperty("conditions").EnumerateArray().ToList());
        Assert.Equal(("Ready", "True", "Prepared"), (Text(condition, "type"), Text(condition, "status"), Text(condition, "reason")));
        Assert.True(DateTimeOffset.TryParse(Text(condition, "lastTransitionTime"), out _));
        Assert.Equal(64 << 20, device.GetProperty("data").GetProperty("epcBytes").GetInt64());
        Assert.Equal($"casemate.dev/sgx={claim.Uid}-epc-0-share-one", Text(device.GetProperty("data"), "cdiDevice"));
        Assert.True(device.GetProperty("data").GetProperty("simulated").GetBoolean());
    }

    [Fact]
    public async Task TheAllocation_StaysAsTheSchedulerWroteIt()
    {
        var claim = _node.Allocate("one", "64Mi");
        using var preparer = Start();
        await DraFixture.PrepareAsync(preparer, claim);
        await DevicesAsync(claim);

        var found = await GetAsync(claim);
        Assert.Equal("epc-0", Text(Assert.Single(found.ListAt("status", "allocation", "devices", "results")), "device"));
        var request = Assert.Single(StatusWrites());
        Assert.Equal(("casemate-dra", "true"), (request.Query["fieldManager"], request.Query["force"]));
        using var body = JsonDocument.Parse(request.Body);
        Assert.Equal(["devices"], body.RootElement.GetProperty("status").EnumerateObject().Select(member => member.Name));
        Assert.Equal(claim.Uid, body.RootElement.GetProperty("metadata").GetProperty("uid").GetString());
    }

    [Fact]
    public async Task AClaimThatSaysSoAlready_IsNotWrittenAgain()
    {
        var (first, second) = (_node.Allocate("one", "64Mi"), _node.Allocate("two", "64Mi"));
        using var preparer = Start();
        await DraFixture.PrepareAsync(preparer, first);
        await DevicesAsync(first);

        await DraFixture.PrepareAsync(preparer, first);
        await DraFixture.PrepareAsync(preparer, second);
        await DevicesAsync(second);                                        // written after whatever there was of the first

        Assert.Equal(2, StatusWrites().Count);
    }

    [Fact]
    public async Task WithoutTheRight_PodsAreNotHeldUp_AndTheLogSaysItOnce()
    {
        var log = new RecordingLogger();
        var (first, second) = (_node.Allocate("one", "64Mi"), _node.Allocate("two", "64Mi"));
        _node.Api.Refuse(
            100, new ApiFault(403, "Forbidden", "may not"), request => request.Path.EndsWith("/status", StringComparison.Ordinal));
        using var preparer = Start(log);

        Assert.Equal("", (await DraFixture.PrepareAsync(preparer, first)).Error);
        Assert.Equal("", (await DraFixture.PrepareAsync(preparer, second)).Error);
        await DraFixture.PrepareAsync(preparer, _node.Allocate("large", "9Gi"));
        await EventAsync("large");                                         // after both

        Assert.Equal(2, StatusWrites().Count);
        Assert.Single(log.Lines, line => line.StartsWith("Warning 3695 ", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("resourceclaims/status", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AServerThatKeepsNoSuchStatus_IsNotAskedAgain()
    {
        var log = new RecordingLogger();
        _node.Api.UnknownStatusMember = "devices";
        using var preparer = Start(log);

        await DraFixture.PrepareAsync(preparer, _node.Allocate("one", "64Mi"));
        await _node.Api.UntilAsync(() => log.Lines.Any(line => line.StartsWith("Information 3696 ", StringComparison.Ordinal)));
        await DraFixture.PrepareAsync(preparer, _node.Allocate("two", "64Mi"));
        await DraFixture.PrepareAsync(preparer, _node.Allocate("large", "9Gi"));
        await EventAsync("large");

        Assert.Single(StatusWrites());
    }

    [Fact]
    public async Task AClaimBeyondTheEpc_HasAnEvent_WithTheSentenceOfTheLedger()
    {
        var claim = _node.Allocate("large", "9Gi");
        using var preparer = Start();
        var error = (await DraFixture.PrepareAsync(preparer, claim)).Error;

        var told = await EventAsync("large");
        Assert.Equal("EPCInsufficient", Text(told.Json, "reason"));
        Assert.Equal($"Node n1: {error}", Text(told.Json, "note"));
        Assert.Equal("Warning", Text(told.Json, "type"));
        Assert.Equal("casemate.dev/dra", Text(told.Json, "reportingController"));
        Assert.Equal(("ResourceClaim", claim.Uid), (told.MapAt("regarding")["kind"], told.MapAt("regarding")["uid"]));
        Assert.Empty(StatusWrites());
    }

    [Fact]
    public async Task AClaimThatCannotBeHonoured_HasAnEvent()
    {
        using var preparer = Start();
        await DraFixture.PrepareAsync(preparer, _node.Allocate("other", "64Mi", pool: "n2"));

        Assert.Equal("ClaimRefused", Text((await EventAsync("other")).Json, "reason"));
    }

    [Fact]
    public async Task AClaimThatCannotBeReadAtPresent_HasNoEvent()
    {
        var claim = _node.Allocate("one", "64Mi");
        _node.Api.Refuse(
            100, new ApiFault(503, "ServiceUnavailable", "later"),
            request => request.Path.EndsWith("/resourceclaims/one", StringComparison.Ordinal));
        using var preparer = Start();
        await DraFixture.PrepareAsync(preparer, claim);
        await DraFixture.PrepareAsync(preparer, _node.Allocate("large", "9Gi"));
        await EventAsync("large");

        Assert.Single(_node.Api.All(KubeResource.Events));
    }

    [Fact]
    public async Task Results_AreCounted_WithTheirTime()
    {
        using var metrics = new NodeMetrics();
        using var collected = new Collected(metrics.Meter);
        var (good, bad, away) = (_node.Allocate("one", "64Mi"), _node.Allocate("large", "9Gi"), _node.Allocate("away", "64Mi"));
        _node.Api.Refuse(
            100, new ApiFault(503, "ServiceUnavailable", "later"),
            request => request.Path.EndsWith("/resourceclaims/away", StringComparison.Ordinal));
        using var preparer = new ClaimPreparer(_node.NewContext(metrics: metrics));
        preparer.Recover();

        await preparer.PrepareAsync(DraFixture.Ask(good, bad, away), CancellationToken.None);
        await preparer.UnprepareAsync(DraFixture.Release(good), CancellationToken.None);

        Assert.All(
            (string[])["ok", "refused", "failed"],
            result => Assert.Equal(1, collected.Count($"casemate_dra_prepare_seconds{{result=\"{result}\"}}")));
        Assert.Equal(1, collected.Count("casemate_dra_unprepare_seconds{result=\"ok\"}"));
    }

    private ClaimPreparer Start(RecordingLogger? log = null)
    {
        var context = _node.NewContext(logger: log);
        var reporter = new ClaimReporter(context);
        _reporting = reporter.RunAsync(_stopping.Token);
        var preparer = new ClaimPreparer(context, reporter);
        preparer.Recover();
        return preparer;
    }

    private async Task<IReadOnlyList<JsonElement>> DevicesAsync(Claim claim)
    {
        IReadOnlyList<JsonElement> devices = [];
        await _node.Api.UntilAsync(() => (devices = _node.Api.Find(KubeResource.ResourceClaims, claim.Namespace, claim.Name)!
            .ListAt("status", "devices")).Count > 0);
        return devices;
    }

    private async Task<KubeObject> EventAsync(string claim)
    {
        KubeObject? told = null;
        await _node.Api.UntilAsync(() => (told = _node.Api.All(KubeResource.Events)
            .FirstOrDefault(one => one.MapAt("regarding").GetValueOrDefault("name") == claim)) is not null);
        return told!;
    }

    private Task<KubeObject> GetAsync(Claim claim) =>
        _node.Settings.Client.GetAsync(KubeResource.ResourceClaims, claim.Namespace, claim.Name, CancellationToken.None);

    private List<ApiRequest> StatusWrites() =>
        [.. _node.Api.Requests.Where(request => request.Path.EndsWith("/status", StringComparison.Ordinal))];

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
