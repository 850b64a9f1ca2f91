using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Addon;
using Casemate.Kubernetes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Cli.Tests.Addon;

/// <summary><c>casemate addon install|status|upgrade|uninstall</c>, as a person or a script meets them.</summary>
public sealed class AddonClusterTests : IAsyncLifetime
{
    private const string Image = "registry.example/casemate:1";
    private readonly TemporaryDirectory _directory = new();
    private TestApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _server.CompleteWorkloads = true;
        _server.RequireNamespaces = true;
        TestNode.Join(_server, "n1");
        Use("test-token");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void FromNothingToARunningAddon_AndBack()
    {
        var install = Run("install", "--image", Image, "--yes");
        Assert.Equal((ExitCode.Success, ""), (install.ExitCode, Errors(install)));
        Assert.Contains("overlay generic: no node has a label of AKS or AKS-Engine", install.Error, StringComparison.Ordinal);
        Assert.Matches(@"create\s+DaemonSet casemate-node/casemate-node", install.Output);
        Assert.Matches(@"node agent\s+1/1", install.Output);
        Assert.EndsWith("Next: casemate deploy hello\n", install.Output, StringComparison.Ordinal);

        var again = Run("install", "--yes");
        Assert.Equal(ExitCode.Success, again.ExitCode);
        Assert.StartsWith("There is nothing to change.\n", again.Output, StringComparison.Ordinal);
        Assert.Contains("overlay generic: as installed", again.Error, StringComparison.Ordinal);

        var upgrade = Run("upgrade", "--image", "registry.example/casemate:2", "--yes");
        Assert.Equal(ExitCode.Success, upgrade.ExitCode);
        Assert.Contains($"Back: casemate addon upgrade --image {Image}\n", upgrade.Output, StringComparison.Ordinal);
        Assert.Contains(":1\" → \"registry.example/casemate:2\"", upgrade.Output.ReplaceLineEndings(""), StringComparison.Ordinal);

        var uninstall = Run("uninstall", "--yes");
        Assert.Equal((ExitCode.Success, ""), (uninstall.ExitCode, Errors(uninstall)));
        Assert.Single((uninstall.Output + uninstall.Error).Split('\n'), line => line.Contains("DaemonSet casemate-node/casemate-node", StringComparison.Ordinal));
        Assert.Matches("^The add-on is gone: [0-9]+ objects removed, 0 nodes cleaned.\n$", uninstall.Output);
        Assert.Empty(_server.All(KubeResource.DaemonSets));
        Assert.Empty(_server.All(KubeResource.Namespaces));
        Assert.Equal("There is nothing of the add-on in this cluster.\n", Run("uninstall", "--yes").Output);
    }

    [Fact]
    public void TheLastLine_NamesTheCommandThatWorksThere()
    {
        var install = Run("install", "--image", Image, "--simulate", "dc48s_v3", "--yes");
        Assert.Equal(ExitCode.Success, install.ExitCode);
        Assert.EndsWith("Next: casemate deploy hello --allow-simulated\n", install.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ADryRun_ShowsThePlan_AndWritesNothing()
    {
        var version = _server.Version;
        var run = Run("install", "--image", Image, "--dry-run");
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.StartsWith("PLAN ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Next:", run.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Success, Run("uninstall", "--dry-run").ExitCode);
        Assert.Equal(version, _server.Version);
    }

    [Theory]
    [InlineData("install", "--image", Image)]
    [InlineData("upgrade", "--image", Image)]
    [InlineData("uninstall")]
    public void WithoutATerminal_TheAnswerIsGivenOnTheCommandLine(params string[] arguments)
    {
        var run = Run(arguments);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("Add --yes", run.Error, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("y\n", ExitCode.Success)]
    [InlineData("n\n", ExitCode.Refused)]
    [InlineData("", ExitCode.Refused)]
    public void AtATerminal_ItAsks(string answer, int wanted)
    {
        var (code, error) = Ask(answer, "install", "--image", Image);
        Assert.Equal(wanted, code);
        Assert.Contains("Apply this to the cluster? [y/N] ", error, StringComparison.Ordinal);
        Assert.Equal(wanted == ExitCode.Success, _server.All(KubeResource.DaemonSets).Count > 0);
    }

    [Theory]
    [InlineData("no image is named, and none is installed", "install", "--yes")]
    [InlineData("--overlay 'gke' is not one", "install", "--yes", "--overlay", "gke")]
    [InlineData("--tee 'moon' is not one", "install", "--yes", "--image", Image, "--tee", "moon")]
    [InlineData("Add --overlay dra", "install", "--yes", "--image", Image, "--tee", "tdx")]
    [InlineData("the image is not a reference", "install", "--yes", "--image", "a b")]
    [InlineData("--timeout is a number of seconds", "install", "--yes", "--image", Image, "--timeout", "0")]
    [InlineData("--quote-helper false does not go with described machines", "install", "--yes", "--image", Image, "--simulate", "dc48s_v3",
        "--quote-helper", "false")]
    [InlineData("no quote helper is asked for", "install", "--yes", "--image", Image, "--quote-helper-image", Image)]
    public void Refuses_WhatMakesNoSense(string wanted, params string[] arguments)
    {
        var run = Run(arguments);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(wanted, run.Error, StringComparison.Ordinal);
        Assert.Empty(_server.All(KubeResource.Namespaces));
    }

    [Fact]
    public void ChoosesTheOverlay_ByTheNodes_ByTheMachine_OrAsAsked()
    {
        new TestNode(_server, "n1").Change("cloud", node => node["metadata"]!["labels"]!["kubernetes.azure.com/mode"] = "system");
        Assert.Contains("overlay aks: node n1 has the label kubernetes.azure.com/mode", Plan().Error, StringComparison.Ordinal);
        Assert.Contains("overlay simulated: as asked for", Plan("--simulate", "dc48s_v3").Error, StringComparison.Ordinal);
        Assert.Contains("overlay dra: as asked for", Plan("--overlay", "dra", "--tee", "tdx").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherPlugin_IsNamedWithItsRemoval_AndCanBeLeftItsNames()
    {
        _server.Put(KubeResource.DaemonSets, Named("DaemonSet", "intel-sgx-plugin", "kube-system"));

        var refused = Run("install", "--image", Image, "--yes");
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("Remove it with: kubectl delete daemonset -n kube-system intel-sgx-plugin", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--beside-existing", refused.Error, StringComparison.Ordinal);
        Assert.Empty(_server.All(KubeResource.Namespaces));

        Assert.Equal(ExitCode.Success, Run("install", "--image", Image, "--yes", "--beside-existing").ExitCode);
        var arguments = _server.Find(KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-node")!.Json.GetRawText();
        Assert.Contains("\"--epc-resource\",\"azure\",\"--enclave-count\",\"0\",\"--provision-count\",\"0\"", Compact(arguments), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, Run("install", "--yes").ExitCode);
    }

    [Fact]
    public void MissingRights_AreListed_BeforeAnythingIsWritten()
    {
        Use(_server.IssueToken("default", "nobody"));
        _server.Put(KubeResource.ClusterRoles, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "reader" },
            ["rules"] = new JsonArray(new JsonObject
            {
                ["apiGroups"] = new JsonArray("", "apps"),
                ["resources"] = new JsonArray("*"),
                ["verbs"] = new JsonArray("get", "list", "watch"),
            }),
        });
        _server.Put(KubeResource.ClusterRoleBindings, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "reader" },
            ["roleRef"] = new JsonObject { ["kind"] = "ClusterRole", ["name"] = "reader" },
            ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "nobody", ["namespace"] = "default" }),
        });

        var run = Run("install", "--image", Image, "--yes");

        Assert.Equal(ExitCode.NotPermitted, run.ExitCode);
        Assert.Contains("- create daemonsets.apps in casemate-node\n", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("list nodes", run.Error, StringComparison.Ordinal);
        Assert.Empty(_server.All(KubeResource.Namespaces));
    }

    [Fact]
    public void WhoMayNotEvenLook_IsToldAllThatIsMissing()
    {
        Use(_server.IssueToken("default", "nobody"));

        var run = Run("install", "--image", Image, "--yes");

        Assert.Equal(ExitCode.NotPermitted, run.ExitCode);
        Assert.Contains("- create daemonsets.apps in casemate-node\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("rights missing; nothing was changed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOldCluster_IsToldWhatItLacks()
    {
        _server.KubernetesVersion = (1, 29);
        var run = Run("install", "--image", Image, "--yes");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("the add-on takes 1.30 or later", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void StoppedHalfWay_TheSameCommandGoesOn_OrUninstallRemovesIt()
    {
        _server.Refuse(
            1, new ApiFault(403, "Forbidden", "daemonsets.apps is forbidden"),
            request => request.Method == "PATCH" && !request.Query.ContainsKey("dryRun")
                && request.Path.EndsWith("/daemonsets/casemate-node", StringComparison.Ordinal));

        var first = Run("install", "--image", Image, "--yes");
        Assert.Equal(ExitCode.Partial, first.ExitCode);
        Assert.Contains("The same command goes on from there", first.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, Run("status").ExitCode);
        Assert.Matches("[0-9]+ objects of [0-9]+ are there of an earlier one", Run("install", "--image", Image, "--dry-run").Error);

        Assert.Equal(ExitCode.Success, Run("install", "--image", Image, "--yes").ExitCode);
        Assert.Equal(ExitCode.Success, Run("uninstall", "--yes").ExitCode);
        Assert.Empty(_server.All(KubeResource.ClusterRoles));
    }

    [Fact]
    public void ANamespaceThatWasSpared_IsNamedByStatus()
    {
        Assert.Equal(ExitCode.Success, Run("install", "--image", Image, "--yes").ExitCode);
        _server.Put(KubeResource.ConfigMaps, Named("ConfigMap", "mine", AddonOptions.NodeNamespace));
        Run("uninstall", "--yes");

        Assert.Contains(
            "Namespace casemate-node of an earlier installation is still there: it holds what is not the add-on's",
            Run("status").Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("install", "--image", Image, "--yes")]
    [InlineData("upgrade", "--yes")]
    [InlineData("uninstall", "--yes")]
    public void AServerThatAcceptsAndNeverAnswers_EndsTheCommandInItsTime(params string[] command)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var file = _directory.File("silent");
        File.WriteAllText(
            file,
            $"{{\"current-context\":\"c\",\"clusters\":[{{\"name\":\"k\",\"cluster\":{{\"server\":\"http://{silent.LocalEndpoint}\"}}}}],"
                + "\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":\"k\"}}]}");

        var run = CommandLine.Run(["addon", .. command, "--timeout", "1", "--kubeconfig", file]);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("no answer, and the 1 s that all requests may take are over", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AServerThatDiesInTheMiddle_IsGoneOnWith()
    {
        _server.Refuse(
            5, new ApiFault(0, "", ""), request => request.Method == "PATCH" && !request.Query.ContainsKey("dryRun")
                && request.Path.EndsWith("/deployments/casemate-webhook", StringComparison.Ordinal));

        Assert.Equal(ExitCode.Partial, Run("install", "--image", Image, "--yes").ExitCode);
        Assert.Equal(ExitCode.Success, Run("install", "--yes").ExitCode);
    }

    [Fact]
    public void FieldsOfOthers_AreNamed_AndTakenOverWhenAsked()
    {
        Run("install", "--image", Image, "--yes");
        _server.Change(
            KubeResource.Deployments, AddonOptions.SystemNamespace, "casemate-webhook", "scaler", one => one["spec"]!["replicas"] = 5);

        var refused = Run("install", "--yes");
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("scaler", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--take-over", refused.Error, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Success, Run("install", "--yes", "--take-over").ExitCode);
        Assert.Equal(ExitCode.Success, Run("install", "--yes").ExitCode);
    }

    [Fact]
    public async Task WhatKubectlApplied_IsAdopted_AndGoesWhenAsked()
    {
        using (var client = _server.CreateClient(options => options with { FieldManager = "kubectl" }))
        {
            await new ManifestApplier(client).ApplyAsync(
                AddonManifests.Objects(new AddonOptions { Image = Image }), cancellationToken: TestContext.Current.CancellationToken);
        }

        var refused = Run("upgrade", "--image", Image, "--yes");
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("'casemate addon install' adopts it", refused.Error, StringComparison.Ordinal);
        Assert.Contains("applied by something else", Run("status").Output, StringComparison.Ordinal);

        var install = Run("install", "--yes");
        Assert.Equal(ExitCode.Success, install.ExitCode);
        Assert.Matches(@"adopt\s+DaemonSet casemate-node/casemate-node", install.Output);

        Assert.Equal(ExitCode.Partial, Run("uninstall", "--yes").ExitCode);
        Assert.NotEmpty(_server.All(KubeResource.DaemonSets));
        Assert.Equal(ExitCode.Success, Run("uninstall", "--yes", "--include-applied").ExitCode);
        Assert.Empty(_server.All(KubeResource.Namespaces));
    }

    [Fact]
    public async Task AnAdoptedAddon_IsUpgraded_WithTheFlagThatTheRefusalNames()
    {
        using (var client = _server.CreateClient(options => options with { FieldManager = "kubectl" }))
        {
            await new ManifestApplier(client).ApplyAsync(
                AddonManifests.Objects(new AddonOptions { Image = Image }), cancellationToken: TestContext.Current.CancellationToken);
        }

        Run("install", "--yes");
        string[] upgrade = ["upgrade", "--image", "registry.example/casemate:2", "--yes"];
        var refused = Run(upgrade);
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("--take-over", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, Run([.. upgrade, "--take-over"]).ExitCode);

        var uninstall = Run("uninstall", "--yes");
        Assert.Equal(ExitCode.Partial, uninstall.ExitCode);
        Assert.Contains("--include-applied", uninstall.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Refused", uninstall.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, Run("uninstall", "--yes", "--include-applied").ExitCode);
        Assert.Empty(_server.All(KubeResource.Namespaces));
    }

    [Fact]
    public void WhatDoesNotRunInTime_IsNamed()
    {
        _server.CompleteWorkloads = false;
        var pod = Named("Pod", "casemate-node-x", AddonOptions.NodeNamespace);
        pod["metadata"]!["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "casemate-node" };
        pod["status"] = new JsonObject
        {
            ["containerStatuses"] = new JsonArray(new JsonObject
            {
                ["state"] = new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "ImagePullBackOff" } },
            }),
        };
        _server.RequireNamespaces = false;
        _server.Put(KubeResource.Pods, pod);

        var run = Run("install", "--image", Image, "--yes", "--timeout", "1");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("- pod casemate-node-x: ImagePullBackOff", run.Error, StringComparison.Ordinal);

        var upgrade = Run("upgrade", "--image", "registry.example/casemate:nope", "--yes", "--timeout", "1");
        Assert.Equal(ExitCode.Refused, upgrade.ExitCode);
        Assert.Contains($"To go back: casemate addon upgrade --image {Image}", upgrade.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void HardwareThatNoNodeOffers_IsTold()
    {
        var run = Run("install", "--image", Image, "--yes", "--tee", "sgx", "--timeout", "1");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("no node offers sgx", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Status_IsOneDocument_ForPrograms()
    {
        using var before = JsonDocument.Parse(Run("status", "-o", "json").Output);
        Assert.False(before.RootElement.GetProperty("installed").GetBoolean());

        Run("install", "--image", Image, "--yes");
        var run = Run("status", "-o", "json");
        using var after = JsonDocument.Parse(run.Output);

        Assert.Equal(ExitCode.Refused, run.ExitCode);                       // nobody has written the webhook's authorities
        Assert.Equal(Image, after.RootElement.GetProperty("image").GetString());
        Assert.Equal(2, after.RootElement.GetProperty("components").GetArrayLength());
        Assert.Contains("caBundle", Run("status").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Status_NamesTheCommand_ThatBringsALeftOutWebhookBack()
    {
        Run("install", "--image", Image, "--yes", "--no-webhook");

        var status = Run("status");
        Assert.Equal(ExitCode.Success, status.ExitCode);
        Assert.Contains("Webhook: left out by --no-webhook", status.Output, StringComparison.Ordinal);
        Assert.EndsWith("Next: casemate addon install --no-webhook false brings the webhook back.\n", status.Output, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(Run("status", "-o", "json").Output);
        Assert.Equal("casemate addon install --no-webhook false", document.RootElement.GetProperty("next").GetString());

        Assert.Equal(ExitCode.Success, Run("install", "--yes", "--no-webhook", "false").ExitCode);
        Assert.DoesNotContain("--no-webhook", Run("status").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void InstallAndUninstall_AreOneDocumentEach_ForPrograms()
    {
        using var install = JsonDocument.Parse(Run("install", "--image", Image, "--yes", "-o", "json").Output);
        Assert.Equal("casemate deploy hello", install.RootElement.GetProperty("next").GetString());
        Assert.Equal("create", install.RootElement.GetProperty("plan")[0].GetProperty("action").GetString());

        using var uninstall = JsonDocument.Parse(Run("uninstall", "--yes", "-o", "json").Output);
        Assert.False(uninstall.RootElement.GetProperty("unfinished").GetBoolean());
    }

    [Fact]
    public void Upgrade_NeedsAnInstallation()
    {
        var run = Run("upgrade", "--image", Image, "--yes");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("casemate addon install --image IMAGE", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotSaid_IsAsInstalled()
    {
        Run("install", "--image", Image, "--yes", "--quote-helper", "--no-webhook", "--overlay", "aks");

        var same = Run("install", "--yes");
        Assert.StartsWith("There is nothing to change.", same.Output, StringComparison.Ordinal);

        var other = Run("install", "--yes", "--quote-helper", "false", "--no-webhook", "false");
        Assert.Matches(@"remove\s+DaemonSet casemate-node/casemate-quote-helper", other.Output);
        Assert.Matches(@"create\s+Deployment casemate-system/casemate-webhook", other.Output);
    }

    [Fact]
    public void DescribedMachinesWithClaims_StayDescribed_UntilAnOverlayIsNamed()
    {
        Assert.EndsWith(
            "Next: casemate deploy hello --allow-simulated\n",
            Run("install", "--image", Image, "--yes", "--overlay", "dra", "--simulate", "dc48s_v3").Output, StringComparison.Ordinal);
        Assert.StartsWith("There is nothing to change.", Run("install", "--yes").Output, StringComparison.Ordinal);

        var hardware = Run("install", "--yes", "--overlay", "dra");

        Assert.EndsWith("Next: casemate deploy hello\n", hardware.Output, StringComparison.Ordinal);
        Assert.Matches(@"remove\s+DaemonSet casemate-node/casemate-quote-helper", hardware.Output);
        Assert.Matches(@"change\s+DaemonSet casemate-node/casemate-node", hardware.Output);
    }

    [Theory]
    [InlineData("tdx", "casemate deploy hello --tee tdx\n")]
    [InlineData("snp", "casemate deploy hello --tee snp\n")]
    public void ForGuests_TheNextCommand_AsksForTheirEvidence(string tee, string next)
    {
        new TestNode(_server, "n1").Change("agent", node => node["metadata"]!["labels"]![$"casemate.dev/{tee}-guest"] = "true");

        var run = Run("install", "--image", Image, "--yes", "--overlay", "dra", "--quote-helper", "--tee", tee);

        Assert.EndsWith($"Next: {next}", run.Output, StringComparison.Ordinal);
        Assert.Contains("quote helper on TDX guests", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClusterThatDoesNotAnswer_IsUnreachable()
    {
        var gone = await TestApiServer.StartAsync();
        await gone.DisposeAsync();
        Use("test-token", gone);
        Assert.Equal(ExitCode.Unreachable, Run("status").ExitCode);
    }

    // The commands of the page in its order, as a reader types them; the question is answered with --yes.
    [Fact]
    public void EveryCommandOfThePage_DoesWhatThePageSays()
    {
        new TestNode(_server, "n1").Change("agent", node => node["metadata"]!["labels"]!["casemate.dev/tdx-guest"] = "true");
        var page = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", "install.md"));
        var commands = page.Where(line => line.StartsWith("casemate addon ", StringComparison.Ordinal))
            .Select(line => line.Split(" | ")[0].Split(' ')[2..]).ToList();
        Assert.True(commands.Count > 10);
        foreach (var command in commands)
        {
            var asks = command[0] is "install" or "upgrade" or "uninstall" && !command.Contains("--dry-run") && !command.Contains("--yes");
            var run = command[0] == "render"
                ? CommandLine.Run(["addon", .. command]) : Run(asks ? [.. command, "--yes"] : command);
            Assert.True(run.ExitCode == ExitCode.Success, $"{string.Join(' ', command)}: {run.ExitCode}\n{run.Output}{run.Error}");
            if (command[0] is "install" or "upgrade")
            {
                WriteAuthorities();
            }
        }

        Assert.Empty(_server.All(KubeResource.Namespaces));
    }

    // What the webhook does when it runs.
    private void WriteAuthorities()
    {
        foreach (var kind in (KubeResource[])[KubeResource.MutatingWebhookConfigurations, KubeResource.ValidatingWebhookConfigurations])
        {
            if (_server.Find(kind, null, "casemate-webhook") is not null)
            {
                _server.Change(
                    kind, null, "casemate-webhook", "casemate-webhook-certificates",
                    one => one["webhooks"]![0]!["clientConfig"]!["caBundle"] = "Q0E=");
            }
        }

        var slice = Named("EndpointSlice", "casemate-webhook-1", AddonOptions.SystemNamespace);
        slice["metadata"]!["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "casemate-webhook" };
        slice["endpoints"] = new JsonArray(new JsonObject { ["addresses"] = new JsonArray("10.0.0.1") });
        _server.Put(KubeResource.EndpointSlices, slice, "controller");
    }

    private CommandLine Plan(params string[] arguments) => Run(["install", "--image", Image, "--dry-run", .. arguments]);

    private CommandLine Run(params string[] arguments) => CommandLine.RunWith(
        new Dictionary<string, string> { ["COLUMNS"] = "400" }, [], false,
        ["addon", .. arguments, "--kubeconfig", Path.Combine(_directory.Path, "config")]);

    private (int Code, string Error) Ask(string answer, params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var invocation = new CasemateInvocation
        {
            Output = output,
            Error = error,
            OpenStandardInput = () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(answer)),
            InputIsTerminal = true,
            Time = TimeProvider.System,
            Environment = _ => null,
        };
        var code = CasemateProgram.RunAsync(
            ["addon", .. arguments, "--kubeconfig", Path.Combine(_directory.Path, "config")], invocation).GetAwaiter().GetResult();
        return (code, error.ToString());
    }

    private void Use(string token, TestApiServer? server = null) => File.WriteAllText(Path.Combine(_directory.Path, "config"), $$$"""
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "{{{(server ?? _server).Address}}}"}}]
        users: [{name: u, user: {token: "{{{token}}}"}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """);

    private static string Errors(CommandLine run) =>
        string.Concat(run.Error.Split('\n').Where(line => line.StartsWith("casemate:", StringComparison.Ordinal)));

    private static string Compact(string json) => JsonNode.Parse(json)!.ToJsonString();

    private static JsonObject Named(string kind, string name, string space) => new()
    {
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = space },
        ["spec"] = new JsonObject(),
    };
}
