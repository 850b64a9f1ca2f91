using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Testing;
using Casemate.Testing.Kubelet;
using Casemate.Testing.Kubernetes;

namespace Casemate.EndToEnd.Tests;

/// <summary><c>casemate node</c> as a process, with a kubelet and an API server: what its Node object sees.</summary>
public sealed class NodeClusterTests(SharedState state) : IAsyncLifetime
{
    private const string Name = "worker-1";
    private const string Intel = "sgx.intel.com/epc";
    private const string Azure = "kubernetes.azure.com/sgx_epc_mem_in_MiB";
    private const string Enclave = "sgx.intel.com/enclave";
    private const string Provision = "sgx.intel.com/provision";
    private const string Taint = "startup-taint.cluster-autoscaler.kubernetes.io/casemate-not-attested";

    private readonly TemporaryDirectory _directory = new();
    private TestApiServer _server = null!;
    private TestKubelet _kubelet = null!;
    private TestNode _node = null!;
    private int _isDown;

    private string Kubeconfig => _directory.File("kubeconfig");

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _server.Refuse(int.MaxValue, new ApiFault(0, "", "away"), _ => Volatile.Read(ref _isDown) == 1);
        _kubelet = await TestKubelet.StartAsync(new TestKubeletOptions
        {
            Directory = _directory.File("device-plugins"),
            PodResourcesSocket = _directory.File("pod-resources/kubelet.sock"),
            PluginRegistry = _directory.File("plugins_registry"),
        });
        _node = TestNode.Join(_server, Name);
        await File.WriteAllTextAsync(Kubeconfig, _server.Kubeconfig);
    }

    public async ValueTask DisposeAsync()
    {
        await _kubelet.DisposeAsync();
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    private RunningProgram Start(string machine, params string[] arguments) => RunningProgram.StartCasemate(
        null,
        [
            "node", "--simulate", machine, "--kubelet-dir", _directory.Path, "--http", _directory.File("http.sock"), "--node-name", Name,
            "--kubeconfig", Kubeconfig, .. arguments,
        ]);

    private Task<ChildProgram> RemoveAsync(params string[] arguments) =>
        state.CasemateAsync(["node", "remove", "--node-name", Name, "--kubeconfig", Kubeconfig, .. arguments]);

    private bool IsReady() => UnixHttp.GetAsync(_directory.File("http.sock"), "/readyz").Result.StartsWith("200", StringComparison.Ordinal);

    // The kubelet's part, again and again: what its plugins have is in the status, and what stands there is allocatable.
    private Task UntilAsync(Func<bool> condition) => _server.UntilAsync(() =>
    {
        string[] devices = [.. new[] { Azure, Enclave, Provision }.Where(_kubelet.Knows)];
        _node.WriteStatus([.. devices.Select(name => (name, (long)_kubelet.Allocatable(name)))]);
        return condition();
    });

    private Task UntilSettledAsync() => UntilAsync(() =>
        _node.Condition("casemate.dev/EPCAdvertised") == "True Advertised" && _node.Object.Labels.ContainsKey("tee") && IsReady());

    [Fact]
    public async Task TheNode_ShowsWhatIsOffered_BeforeAndAfterTheAgentIsKilled()
    {
        await using (var agent = Start("dc48s_v3"))
        {
            await UntilSettledAsync();
            agent.Send(RunningProgram.Signal.Kill);
            await agent.EndAsync();
        }

        var offered = _node.Capacity(Intel);
        Assert.True(long.Parse(offered!, System.Globalization.CultureInfo.InvariantCulture) > 1L << 37, offered);
        Assert.Equal("true", _node.Object.Labels["casemate.dev/simulated"]);

        _node.RestartKubelet();                                            // nobody is there to notice
        await using var next = Start("dc48s_v3");

        await UntilSettledAsync();
        Assert.Equal(offered, _node.Capacity(Intel));
        Assert.Equal("sgx", _node.Object.Labels["tee"]);
        Assert.Equal("True EnclavesCanStart", _node.Condition("SgxReady"));

        next.Send(RunningProgram.Signal.Terminate);
        Assert.Equal(0, (await next.EndAsync()).ExitCode);
        Assert.Equal(offered, _node.Capacity(Intel));
        Assert.Equal("sgx", _node.Object.Labels["tee"]);
    }

    [Fact]
    public async Task TheAmount_IsWrittenAgain_WheneverTheKubeletSetsItToZero()
    {
        await using var agent = Start("dc48s_v3");
        await UntilSettledAsync();
        var offered = _node.Capacity(Intel);

        for (var i = 0; i < 3; i++)
        {
            _node.RestartKubelet();
            await UntilAsync(() => _node.Capacity(Intel) == offered);
        }

        await UntilSettledAsync();
    }

    [Fact]
    public async Task TheKubelet_IsServed_WhileTheApiServerIsAway()
    {
        Volatile.Write(ref _isDown, 1);
        await using var agent = Start("dc2s_v2");
        await _kubelet.UntilAllocatableAsync(Azure, 56);
        await agent.ErrorLineAsync("Health and metrics on");
        await _kubelet.AdmitAsync(new ContainerName("default", "enclave", "main"), (Azure, 1));
        Assert.False(IsReady());
        Assert.StartsWith("200", await UnixHttp.GetAsync(_directory.File("http.sock"), "/healthz"), StringComparison.Ordinal);

        Volatile.Write(ref _isDown, 0);

        await UntilSettledAsync();
        Assert.Contains(
            $"casemate_node_object_settled{{node=\"{Name}\"}} 1", await UnixHttp.GetAsync(_directory.File("http.sock"), "/metrics"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherWriter_IsNamedInOneEvent_HoweverOftenItWrites()
    {
        await using var agent = Start("dc48s_v3");
        await UntilSettledAsync();

        for (var i = 1; i <= 3; i++)
        {
            var version = _node.Object.ResourceVersion;
            _node.Change("nfd-master", node => node["status"]!["capacity"]![Intel] = $"{i}");
            await UntilAsync(() => _node.Object.ResourceVersion != version && _node.Condition("SgxEpcConflict") is { } conflict
                && conflict.StartsWith(_node.Capacity(Intel) == $"{i}" ? "True" : "", StringComparison.Ordinal)
                && _node.Events.Any(one => one.At("reason")!.Value.GetString() == "SgxEpcConflict"));
        }

        Assert.Single(_node.Events, one => one.At("reason")!.Value.GetString() == "SgxEpcConflict");
    }

    [Fact]
    public async Task Remove_TakesOffWhatTheAgentPutThere_AndNothingElse()
    {
        var before = _node.Object;
        await using (var agent = Start("dc48s_v3", "--taint", "family"))
        {
            await UntilAsync(() => _node.Taints.Contains(Intel) && _node.Condition("casemate.dev/EPCAdvertised") == "True Advertised");
            agent.Send(RunningProgram.Signal.Terminate);
            Assert.Equal(0, (await agent.EndAsync()).ExitCode);
        }

        var planned = await RemoveAsync("--dry-run", "-o", "json");
        Assert.True(planned.ExitCode == 0, planned.Error);
        using (var document = JsonDocument.Parse(planned.Output))
        {
            var root = document.RootElement;
            Assert.True(root.GetProperty("dryRun").GetBoolean());
            Assert.Equal([Intel], root.GetProperty("amounts").EnumerateArray().Select(amount => amount.GetString()!));
            Assert.Equal([$"{Intel}:NoSchedule"], root.GetProperty("taints").EnumerateArray().Select(taint => taint.GetString()!));
        }

        Assert.Contains(Intel, _node.Taints);

        var removed = await RemoveAsync();

        Assert.True(removed.ExitCode == 0, removed.Error);
        Assert.Contains("REMOVED", removed.Output, StringComparison.Ordinal);
        Assert.Null(_node.Capacity(Intel));
        Assert.Empty(_node.Taints);
        Assert.Equal(before.Labels, _node.Object.Labels);
        Assert.Equal(before.Annotations, _node.Object.Annotations);
        var condition = Assert.Single(_node.Object.ListAt("status", "conditions"));
        Assert.Equal("Ready", condition.GetProperty("type").GetString());

        var again = await RemoveAsync();
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("nothing of the agent", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_SaysWhatIsTheMatter()
    {
        var absent = await state.CasemateAsync("node", "remove", "--node-name", "worker-9", "--kubeconfig", Kubeconfig);
        Assert.Equal(3, absent.ExitCode);
        Assert.Contains("there is no Node 'worker-9'", absent.Error, StringComparison.Ordinal);

        var noName = await state.CasemateAsync("node", "remove", "--node-name", "a/b", "--kubeconfig", Kubeconfig);
        Assert.Equal(2, noName.ExitCode);

        var noFile = await state.CasemateAsync("node", "remove", "--node-name", Name, "--kubeconfig", _directory.File("none"));
        Assert.Equal(3, noFile.ExitCode);

        _server.AcceptedToken = "another";
        var noRight = await RemoveAsync();
        Assert.Equal(5, noRight.ExitCode);
    }

    [Fact]
    public async Task Dra_AndTheNodeObject_ShareOneClient()
    {
        await using var agent = Start("dc48s_v3", "--dra", "--cdi-dir", _directory.File("cdi"));

        await UntilAsync(() => _node.Object.Labels.ContainsKey("tee") && _server.All(KubeResource.ResourceSlices).Count > 0);

        Assert.Null(_node.Capacity(Intel));
        Assert.Equal(["casemate-node"], _server.Requests.Select(request => request.Query.GetValueOrDefault("fieldManager")).OfType<string>()
            .Distinct());
    }

    [Theory]
    [InlineData("sgx", true)]
    [InlineData("sgx", false)]
    [InlineData("snp", true)]
    public async Task TheNode_IsOpened_OnlyWhenItsEvidenceWasAccepted(string tee, bool isNamed)
    {
        await using var helper = RunningProgram.StartCasemate(
            state.Environment, "quote-helper", "--provider", "simulated", "--socket", _directory.File("s/aesm.socket"), "--http", "off",
            "--audit", _directory.File("audit.jsonl"), "--simulated-tee", tee);
        await helper.ErrorLineAsync("evidence.socket");
        var socket = _directory.File("s/evidence.socket");
        var collateral = _directory.File("evidence.json");
        var made = await state.CasemateAsync("quote", "--tee", tee, "--helper", socket, "--out", collateral);
        Assert.True(made.ExitCode == 0, made.Error);
        var policy = _directory.File("policy.yaml");
        await File.WriteAllTextAsync(
            policy,
            tee == "sgx"
                ? $"tees: [sgx]\nsgx:\n  mrEnclaves: [{(isNamed ? BytesOf(collateral, 112, 32) : new string('0', 64))}]\n"
                : $"tees: [snp]\nsnp:\n  measurements: [{BytesOf(collateral, 144, 48)}]\n");
        await using var service = await RunningService.StartAsync(
            _directory.File("store"), "--policy", policy, "--collateral", collateral, "--allow-simulated", state.RootsFile);
        _server.Delete(KubeResource.Nodes, null, Name);
        _node = TestNode.Join(_server, Name, Taint);

        await using var agent = Start(
            "dc48s_v3", "--quote-helper", socket, "--attestation-url", service.Address.ToString(), "--attestation-cert",
            service.State.TlsCertificate);

        if (isNamed)
        {
            await UntilAsync(() => _node.Taints.Count == 0);
            Assert.Equal("true", _node.Object.Labels["casemate.dev/attested"]);
            Assert.Equal("True SimulatedEvidenceAccepted", _node.Condition("casemate.dev/Attested"));
        }
        else
        {
            await UntilAsync(() => _node.Condition("casemate.dev/Attested") == "False EvidenceRefused");
            Assert.Equal([Taint], _node.Taints);
            Assert.False(_node.Object.Labels.ContainsKey("casemate.dev/attested"));
            await UntilAsync(() => _node.Events.Any(one => one.At("reason")!.Value.GetString() == "NodeAttestationFailed"));
        }
    }

    [Fact]
    public async Task WithoutACluster_ItSaysSo()
    {
        await using var agent = RunningProgram.StartCasemate(
            new Dictionary<string, string?> { ["KUBERNETES_SERVICE_HOST"] = null, ["KUBECONFIG"] = Kubeconfig },
            "node", "--simulate", "dc48s_v3", "--kubelet-dir", _directory.Path, "--http", _directory.File("http.sock"));

        await agent.ErrorLineAsync("The Node object is not looked after: this is no pod");
        await agent.ErrorLineAsync("\"EventId\":3952");
        await agent.ErrorLineAsync("Health and metrics on");
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task WithoutACluster_ItNamesEveryFlagThatDoesNothing()
    {
        await using var agent = RunningProgram.StartCasemate(
            new Dictionary<string, string?> { ["KUBERNETES_SERVICE_HOST"] = null, ["CASEMATE_TAINT"] = "family" },
            "node", "--simulate", "dc2s_v2", "--kubelet-dir", _directory.Path, "--http", _directory.File("http.sock"),
            "--attestation-url", "https://127.0.0.1:1", "--quote-helper", _directory.File("evidence.sock"), "--no-labels",
            "--startup-deadline-minutes", "15");

        // In the settings' order; a default that somebody wrote down is nothing to warn of.
        foreach (var flag in (string[])["--quote-helper", "--attestation-url", "--no-labels", "--taint"])
        {
            await agent.ErrorLineAsync($"{flag} has no effect: it is about the Node object, and that is not looked after, since this is no pod");
        }

        await agent.ErrorLineAsync("Health and metrics on");
        agent.Send(RunningProgram.Signal.Terminate);
        Assert.DoesNotContain("--startup-deadline-minutes has no effect", (await agent.EndAsync()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InAPodWithoutAServiceAccount_ItServesTheKubelet_AndSaysWhatIsMissing()
    {
        await using var agent = RunningProgram.StartCasemate(
            new Dictionary<string, string?>
            {
                ["KUBERNETES_SERVICE_HOST"] = "10.0.0.1",
                ["KUBERNETES_SERVICE_PORT"] = "443",
                ["KUBECONFIG"] = null,
            },
            "node", "--simulate", "dc2s_v2", "--kubelet-dir", _directory.Path, "--http", _directory.File("http.sock"), "--node-name", Name);

        await agent.ErrorLineAsync("\"EventId\":3951");
        await _kubelet.UntilAllocatableAsync(Azure, 56);
    }

    [Fact]
    public async Task WithTheClusterAskedFor_AndNone_ItEnds()
    {
        await using var agent = RunningProgram.StartCasemate(
            new Dictionary<string, string?> { ["KUBERNETES_SERVICE_HOST"] = null, ["KUBECONFIG"] = null, ["HOME"] = _directory.Path },
            "node", "--simulate", "dc2s_v2", "--kubelet-dir", _directory.Path, "--http", "off", "--kubernetes", "on");

        var end = await agent.EndAsync();

        Assert.Equal(3, end.ExitCode);
        Assert.Contains("No cluster is named", end.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--kubernetes 'sometimes' is neither", "--kubernetes", "sometimes")]
    [InlineData("--dra needs the API server", "--dra", "--kubernetes", "off")]
    [InlineData("is no https URL", "--attestation-url", "http://casemate.example")]
    [InlineData("both given", "--attestation-url", "https://casemate.example", "--open-unattested-when-ready")]
    [InlineData("without --attestation-url", "--attestation-cert", "server.pem")]
    [InlineData("neither keep nor admit", "--startup-deadline-action", "open")]
    [InlineData("it has to be the name of the Node object", "--node-name", "Worker_1")]
    public async Task ASettingThatMakesNoSense_EndsIt(string problem, params string[] arguments)
    {
        var result = await state.CasemateAsync(
            ["node", "--simulate", "dc2s_v2", "--kubelet-dir", _directory.Path, "--http", "off", "--kubeconfig", Kubeconfig, .. arguments]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(problem, result.Error, StringComparison.Ordinal);
    }

    // SGX: MRENCLAVE at 64 of the report, behind a header of 48 bytes. SEV-SNP: the measurement at 0x90 of the report.
    private static string BytesOf(string bundle, int at, int length)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(bundle));
        return Convert.ToHexStringLower(document.RootElement.GetProperty("evidence").GetBytesFromBase64().AsSpan(at, length));
    }
}
