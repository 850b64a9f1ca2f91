using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

public sealed class KubeClientTests : IAsyncLifetime
{
    private TestApiServer _server = null!;
    private KubeClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _client = _server.CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Reads_AnObject_WithTheFieldsThatNobodyKnows()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));

        var node = await _client.GetAsync(KubeResource.Nodes, null, "n1");

        Assert.Equal("n1", node.Name);
        Assert.True(node.At("spec", "unknownField", "kept")!.Value.GetBoolean());
        Assert.Equal("8", node.MapAt("status", "capacity")["cpu"]);
    }

    [Fact]
    public async Task Says_WhatTheServerSaid_WhenThereIsNone()
    {
        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.True(failure.IsNotFound);
        Assert.Equal("NotFound", failure.Reason);
        Assert.Contains("api/v1/nodes/n1", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.MayRetry);
        Assert.Null(await _client.TryGetAsync(KubeResource.Nodes, null, "n1"));
    }

    [Fact]
    public async Task Lists_PageAfterPage()
    {
        for (var i = 0; i < 7; i++)
        {
            _server.Put(KubeResource.Nodes, TestObjects.Node($"n{i}"));
        }

        var list = await _client.ListAsync(KubeResource.Nodes, new KubeListOptions { PageSize = 3 });

        Assert.Equal(["n0", "n1", "n2", "n3", "n4", "n5", "n6"], list.Items.Select(item => item.Name));
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task Lists_FromTheStart_WhenAPageCameTooLate()
    {
        for (var i = 0; i < 4; i++)
        {
            _server.Put(KubeResource.Nodes, TestObjects.Node($"n{i}"));
        }

        _server.Refuse(1, new ApiFault(410, "Expired", "too old"), request => request.Query.ContainsKey("continue"));

        var list = await _client.ListAsync(KubeResource.Nodes, new KubeListOptions { PageSize = 3 });

        Assert.Equal(4, list.Items.Count);
        Assert.Equal(4, _server.Requests.Count);
    }

    [Fact]
    public async Task Lists_WhatTheSelectorsName()
    {
        _server.Put(KubeResource.Leases, TestObjects.Lease("a", "x"));
        _server.Put(KubeResource.Leases, TestObjects.Lease("b", "y"));

        var list = await _client.ListAsync(KubeResource.Leases, KubeListOptions.Named("b", "default"));

        Assert.Equal("default/b", Assert.Single(list.Items).Key);
    }

    [Fact]
    public async Task Creates_AndSaysWhenItIsThereAlready()
    {
        var made = await _client.CreateAsync(KubeResource.Leases, "default", TestObjects.Lease("l", "me"));
        var failure = await Assert.ThrowsAsync<KubeException>(
            () => _client.CreateAsync(KubeResource.Leases, "default", TestObjects.Lease("l", "me")));

        Assert.Equal("coordination.k8s.io/v1", made.ApiVersion);
        Assert.True(failure.IsAlreadyExists);
        Assert.False(failure.IsConflict);
    }

    [Fact]
    public async Task Applies_ItsOwnFieldsOnly()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));

        await _client.ApplyAsync(KubeResource.Nodes, null, "n1", Labels(("casemate.dev/a", "1"), ("casemate.dev/b", "1")));
        var node = await _client.ApplyAsync(KubeResource.Nodes, null, "n1", Labels(("casemate.dev/a", "2")));

        Assert.Equal(["casemate.dev/a", "zone"], node.Labels.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("2", node.Labels["casemate.dev/a"]);
        Assert.Equal("application/apply-patch+yaml", _server.Requests[^1].ContentType);
    }

    [Fact]
    public async Task Applies_OverAnotherManager_OnlyByForce()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));

        var failure = await Assert.ThrowsAsync<KubeException>(
            () => _client.ApplyAsync(KubeResource.Nodes, null, "n1", Labels(("zone", "b"))));
        var forced = await _client.ApplyAsync(
            KubeResource.Nodes, null, "n1", Labels(("zone", "b")), new KubeApplyOptions { Force = true });

        Assert.True(failure.IsConflict);
        Assert.Contains("somebody", failure.Message, StringComparison.Ordinal);
        Assert.Equal("b", forced.Labels["zone"]);
    }

    [Fact]
    public async Task Patches_TheStatus_ByPlaces()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        var patch = KubePatch.Operations([new JsonObject
        {
            ["op"] = "add",
            ["path"] = KubePatch.Pointer("status", "capacity", "sgx.intel.com/epc"),
            ["value"] = "1048576",
        }]);

        var node = await _client.PatchAsync(KubeResource.Nodes, null, "n1", patch, "status");

        Assert.Equal("1048576", node.MapAt("status", "capacity")["sgx.intel.com/epc"]);
        Assert.Contains("sgx.intel.com~1epc", _server.Requests[^1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_APatch_OfAnOlderVersion()
    {
        var old = _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        _server.Change(KubeResource.Nodes, null, "n1", "kubelet", node => node["metadata"]!["labels"]!["x"] = "y");
        var patch = KubePatch.Merge(new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = old.ResourceVersion, ["labels"] = new JsonObject { ["x"] = "z" } },
        });

        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.PatchAsync(KubeResource.Nodes, null, "n1", patch));

        Assert.True(failure.IsConflict);
    }

    [Fact]
    public async Task Deletes_OnlyTheObjectThatIsMeant()
    {
        var first = _server.Put(KubeResource.Leases, TestObjects.Lease("l", "me"));
        _server.Delete(KubeResource.Leases, "default", "l");
        _server.Put(KubeResource.Leases, TestObjects.Lease("l", "other"));

        var failure = await Assert.ThrowsAsync<KubeException>(
            () => _client.DeleteAsync(KubeResource.Leases, "default", "l", new KubeDeleteOptions { Uid = first.Uid }));

        Assert.True(failure.IsConflict);
        Assert.True(await _client.DeleteAsync(KubeResource.Leases, "default", "l"));
        Assert.False(await _client.DeleteAsync(KubeResource.Leases, "default", "l"));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(0)]
    public async Task TriesAgain_AfterAFailureThatPasses(int code)
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        _server.Refuse(2, new ApiFault(code, "Passing", "passing"));

        Assert.Equal("n1", (await _client.GetAsync(KubeResource.Nodes, null, "n1")).Name);
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task GivesUp_AfterItsAttempts()
    {
        _server.Refuse(100, new ApiFault(503, "ServiceUnavailable", "no"));

        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Equal(503, failure.StatusCode);
        Assert.True(failure.MayRetry);
        Assert.Equal(5, _server.Requests.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    public async Task NeverCreatesTwice_AfterAnUnclearFailure(int code)
    {
        _server.Refuse(1, new ApiFault(code, "Unclear", "unclear"));

        await Assert.ThrowsAsync<KubeException>(() => _client.CreateAsync(KubeResource.Leases, "default", TestObjects.Lease("l", "me")));

        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Creates_AfterTheServerWasTooBusy()
    {
        _server.Refuse(2, new ApiFault(429, "TooManyRequests", "busy"));

        await _client.CreateAsync(KubeResource.Leases, "default", TestObjects.Lease("l", "me"));

        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task TellsTheCaller_WhenTheServerAsksForALongWait()
    {
        _server.Refuse(1, new ApiFault(429, "TooManyRequests", "busy") { RetryAfterSeconds = 3600 });

        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Equal(TimeSpan.FromHours(1), failure.RetryAfter);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Refuses_AnObjectThatIsTooLarge()
    {
        using var client = _server.CreateClient(options => options with { MaxObjectBytes = 1000 });
        var node = TestObjects.Node("n1");
        node["spec"]!["large"] = new string('x', 2000);
        _server.Put(KubeResource.Nodes, node);

        var failure = await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Contains("larger than 1000 bytes", failure.Message, StringComparison.Ordinal);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Refuses_AnEventThatIsTooLarge_BeforeItIsWhole()
    {
        using var client = _server.CreateClient(options => options with { MaxEventBytes = 20_000 });
        var version = $"{_server.Version}";
        var node = TestObjects.Node("n1");
        node["spec"]!["large"] = new string('x', 200_000);
        _server.Put(KubeResource.Nodes, node);

        var failure = await Assert.ThrowsAsync<KubeException>(async () =>
        {
            await foreach (var change in client.WatchAsync(KubeResource.Nodes, KubeListOptions.All, version))
            {
                Assert.Fail($"{change.Type}");
            }
        });

        Assert.Contains("larger than 20000 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_ThatAVersionIsTooOld_InTheStreamToo()
    {
        var version = $"{_server.Version}";
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        _server.Compact();

        var failure = await Assert.ThrowsAsync<KubeException>(async () =>
        {
            await foreach (var change in _client.WatchAsync(KubeResource.Nodes, KubeListOptions.All, version))
            {
                Assert.Fail($"{change.Type}");
            }
        });

        Assert.True(failure.IsGone);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a%2fb")]
    public async Task Refuses_NamesThatWouldLeadElsewhere(string name)
    {
        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.GetAsync(KubeResource.Nodes, null, name));

        Assert.Contains($"'{name}' cannot be the name of a Node", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => KubeResource.Nodes.PathOf(null, name));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Ends_AllRequests_WhenTheirTimeIsOver()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        using var client = new KubeClient(KubeConfiguration.Loopback(_server.Address), new KubeClientOptions { Time = clock });
        client.EndWithin(TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(5));

        var failure = await Assert.ThrowsAsync<KubeException>(() => client.GetVersionAsync());

        Assert.Equal("GET version: no answer, and the 5 s that all requests may take are over.", failure.Message);
        Assert.Equal("Timeout", failure.Reason);
        Assert.Empty(_server.Requests);

        client.EndWithin(TimeSpan.FromSeconds(5));
        Assert.NotEqual("", (await client.GetVersionAsync()).GitVersion);
    }

    [Fact]
    public async Task Ends_ARequest_ThatNobodyAnswers_WhenTheTimeForAllIsOver()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var client = new KubeClient(KubeConfiguration.Loopback(new Uri($"http://{silent.LocalEndpoint}/")));
        client.EndWithin(TimeSpan.FromMilliseconds(300));

        var failure = await Assert.ThrowsAsync<KubeException>(() => client.GetVersionAsync());

        Assert.Equal("GET version: no answer, and the 0.3 s that all requests may take are over.", failure.Message);
    }

    [Fact]
    public async Task Never_QuotesTheToken()
    {
        _server.AcceptedToken = "another";

        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.True(failure.IsForbidden);
        Assert.DoesNotContain("test-token", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal("test-token", _server.Requests[0].Token);
    }

    [Fact]
    public async Task Tells_EveryField_ThatAnotherManagerOwns()
    {
        var node = TestObjects.Node("n1");
        node["metadata"]!["labels"]!["rack"] = "7";
        _server.Put(KubeResource.Nodes, node);

        var failure = await Assert.ThrowsAsync<KubeException>(
            () => _client.ApplyAsync(KubeResource.Nodes, null, "n1", Labels(("zone", "b"), ("rack", "8"))));

        Assert.Equal(
            [new KubeFieldConflict(".metadata.labels.zone", "somebody"), new KubeFieldConflict(".metadata.labels.rack", "somebody")],
            failure.Conflicts);
        Assert.Equal("a", _server.Find(KubeResource.Nodes, null, "n1")!.Labels["zone"]);
    }

    [Fact]
    public async Task Tries_ACreation_WithoutKeepingIt()
    {
        var tried = await _client.CreateDryRunAsync(KubeResource.Nodes, null, TestObjects.Node("n1"));

        Assert.Equal("n1", tried.Name);
        Assert.Equal("All", _server.Requests[^1].Query["dryRun"]);
        Assert.Empty(_server.All(KubeResource.Nodes));
    }

    [Fact]
    public async Task Tells_WhatTheServersClockSays_WithEveryAnswer_RefusalsToo()
    {
        var told = new List<DateTimeOffset>();
        using var client = _server.CreateClient(options => options with { Dated = told.Add });
        await client.ListAsync(KubeResource.Nodes);
        await client.TryGetAsync(KubeResource.Nodes, null, "none");

        Assert.Equal(2, told.Count);
        Assert.All(told, instant => Assert.True((TimeProvider.System.GetUtcNow() - instant).Duration() < TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Tries_AnApply_AndADeletion_WithoutKeepingThem()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        var version = _server.Version;

        var tried = await _client.ApplyAsync(
            KubeResource.Nodes, null, "n1", Labels(("x", "y")), new KubeApplyOptions { DryRun = true });
        await _client.ApplyAsync(KubeResource.Nodes, null, "n2", Labels(("x", "y")), new KubeApplyOptions { DryRun = true });
        Assert.True(await _client.DeleteAsync(KubeResource.Nodes, null, "n1", new KubeDeleteOptions { DryRun = true }));

        Assert.Equal("y", tried.Labels["x"]);
        Assert.Equal(version, _server.Version);
        Assert.Single(_server.All(KubeResource.Nodes));
    }

    [Fact]
    public async Task Waits_AsLongAsTheServerAsks()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        using var client = _server.CreateClient(options => options with { Time = clock });
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        _server.Refuse(1, new ApiFault(503, "ServiceUnavailable", "starting") { RetryAfterSeconds = 7 });

        var getting = client.GetAsync(KubeResource.Nodes, null, "n1");
        await _server.UntilAsync(() => clock.NextDue == DateTimeOffset.UnixEpoch.AddSeconds(7));
        clock.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal("n1", (await getting.SoonAsync()).Name);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task Refuses_AListWhosePagesAreEmptyAndNeverEnd()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        _server.ListsHaveNoEnd = true;

        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.ListAsync(KubeResource.Nodes));

        Assert.Contains("has no end", failure.Message, StringComparison.Ordinal);
        Assert.InRange(_server.Requests.Count, 2, 200);
    }

    [Fact]
    public async Task Refuses_AListThatIsTooLarge_WithAllItsPages()
    {
        for (var i = 0; i < 10; i++)
        {
            _server.Put(KubeResource.Nodes, TestObjects.Node($"n{i}"));
        }

        using var client = _server.CreateClient(options => options with { MaxWholeListBytes = 2000 });

        var failure = await Assert.ThrowsAsync<KubeException>(
            () => client.ListAsync(KubeResource.Nodes, new KubeListOptions { PageSize = 2 }));

        Assert.Equal("ListTooLarge", failure.Reason);
        Assert.True(_server.Requests.Count < 5);
    }

    private static JsonObject Labels(params (string Key, string Value)[] labels) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["labels"] = new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))),
        },
    };
}
