using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Casemate.Cli.Node;
using Casemate.Kubernetes;
using Casemate.Node;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Machines;
using Casemate.Node.NodeObject;
using Casemate.Serve;
using Casemate.Serve.Metrics;
using Casemate.Testing;
using Casemate.Testing.Kubelet;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Cli.Tests.Node;

/// <summary>What a running agent says of itself: its metrics, its readiness, its own description.</summary>
public sealed partial class NodeServiceTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private TestKubelet? _kubelet;
    private NodeService? _service;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await (_service?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_kubelet?.DisposeAsync() ?? ValueTask.CompletedTask);
        _directory.Dispose();
    }

    [Fact]
    public async Task Metrics_HaveEveryNameOfADevicePluginNode_WithItsLabels()
    {
        await StartAsync("dc1s_v3");
        await _kubelet!.AdmitAsync(new ContainerName("default", "pod-a", "main"), (ResourceFamily.Azure.Name, 16), (AccessResource.Enclave, 1));
        var text = await UntilMetricsAsync("casemate_container_epc_request_bytes{");

        Assert.All(
            (string[])[
                "casemate_container_epc_request_bytes{namespace=\"default\",pod=\"pod-a\",container=\"main\"} 16777216",
                "casemate_device_plugin_advertised{resource=\"kubernetes.azure.com/sgx_epc_mem_in_MiB\"} 4096",
                "casemate_device_plugin_allocations_total{resource=\"kubernetes.azure.com/sgx_epc_mem_in_MiB\",result=\"ok\"} 1",
                "casemate_device_plugin_expected{resource=\"kubernetes.azure.com/sgx_epc_mem_in_MiB\"} 4096",
                "casemate_device_plugin_expected{resource=\"sgx.intel.com/enclave\"} 4",
                "casemate_device_plugin_registrations_total{resource=\"sgx.intel.com/enclave\",result=\"ok\"} 1",
                "casemate_node_epc_allocatable_bytes{node=\"node-1\",numa=\"0\"} 4294967296",
                "casemate_node_epc_capacity_bytes{node=\"node-1\",numa=\"0\"} 4294967296",
                "casemate_node_epc_requested_bytes{node=\"node-1\",numa=\"0\"} 0",
                "casemate_node_epc_requested_bytes{node=\"node-1\",numa=\"\"} 16777216",
                "casemate_node_epc_reserved_bytes{node=\"node-1\",numa=\"0\"} 0",
                "casemate_node_health_problems{node=\"node-1\",problem=\"DeviceGone\"} 0",
                "casemate_node_tee_info{node=\"node-1\",tee=\"sgx\",tcb_svn=\"\",fmspc=\"\",simulated=\"true\"} 1",
            ],
            line => Assert.Contains($"\n{line}\n", text, StringComparison.Ordinal));
        Assert.Matches("casemate_node_startup_seconds_count\\{phase=\"ready\"\\} 1", text);
        Assert.Matches("casemate_node_startup_seconds_count\\{phase=\"plugin\"\\} 1", text);
        Assert.Matches("casemate_build_info\\{version=\"[^\"]+\",commit=\"[^\"]*\",runtime=\"[^\"]+\"\\} 1", text);
    }

    [Fact]
    public async Task Metrics_OfWhatIsNotKnown_HaveNoValue()
    {
        await StartAsync("dc1s_v3");
        var text = await MetricsAsync();

        Assert.All(
            (string[])[
                "casemate_node_epc_observed_bytes", "casemate_node_epc_leaked_bytes", "casemate_node_misc_usage", "casemate_node_tcb_status",
                "casemate_container_epc_request_bytes", "casemate_dra_prepared_claims", "casemate_dra_published_devices",
            ],
            name =>
            {
                Assert.Contains($"# TYPE {name} gauge\n", text, StringComparison.Ordinal);
                Assert.DoesNotContain($"\n{name}", text, StringComparison.Ordinal);
            });
    }

    [Fact]
    public async Task Metrics_HaveWhatTheKernelCounts()
    {
        var machine = Copy("xeon-epc-cgroup");
        File.WriteAllText(Path.Combine(machine, "sys/fs/cgroup/misc.current"), "sgx_epc 123904\nsev_es 3\n");
        await StartAsync(machine + "/");
        var text = await MetricsAsync();

        Assert.Contains("\ncasemate_node_epc_observed_bytes{node=\"node-1\",numa=\"\"} 123904\n", text, StringComparison.Ordinal);
        Assert.Contains("\ncasemate_node_misc_usage{node=\"node-1\",resource=\"sev_es\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("\ncasemate_node_misc_capacity{node=\"node-1\",resource=\"sgx_epc\"} 68719476736\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_LetGoOfAPodThatEnded()
    {
        await StartAsync("dc1s_v3");
        await _kubelet!.AdmitAsync(new ContainerName("default", "pod-a", "main"), (ResourceFamily.Azure.Name, 16));
        await UntilMetricsAsync("pod=\"pod-a\"");

        _kubelet.Remove("default", "pod-a");
        await UntilAsync(async () => !(await MetricsAsync()).Contains("pod=\"pod-a\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EveryMetric_IsInTheHandbook_AndEveryOneOfTheHandbookIsThere()
    {
        await StartAsync("dc1s_v3");
        var there = MetricType().Matches(await MetricsAsync()).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal);
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "node.md"));
        var listed = page[page.IndexOf("## Health and metrics", StringComparison.Ordinal)..].Split('\n')
            .Where(line => !line.Contains("where there is a cluster", StringComparison.Ordinal))
            .SelectMany(line => MetricName().Matches(line)).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal);

        Assert.Equal(there, listed);
    }

    [Fact]
    public async Task Readiness_NamesEverythingThatIsMissing()
    {
        await StartAsync("dc1s_v3", withKubelet: false);

        var failure = await Assert.ThrowsAsync<CliException>(() => GetAsync("/readyz"));
        Assert.Contains("HTTP status 503", failure.Message, StringComparison.Ordinal);
        var why = _service!.Agent.WhyNotReady!;
        Assert.Contains("what containers hold is not known yet", why, StringComparison.Ordinal);
        Assert.Contains("the kubelet does not have the list of kubernetes.azure.com/sgx_epc_mem_in_MiB", why, StringComparison.Ordinal);
        Assert.Contains("the kubelet does not have the list of sgx.intel.com/provision", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_AsksTheRunningAgent_InEveryFormat()
    {
        await StartAsync("dc1s_v3");
        await _kubelet!.AdmitAsync(new ContainerName("default", "pod-a", "main"), (ResourceFamily.Azure.Name, 16));
        var text = Describe();
        var yaml = Describe("-o", "yaml");
        using var json = JsonDocument.Parse(Describe("-o", "json").Output);

        Assert.Equal((ExitCode.Success, ""), (text.ExitCode, text.Error));
        Assert.StartsWith("Machine: dc1s_v3 (SIMULATED", text.Output, StringComparison.Ordinal);
        Assert.Contains("\nAgent\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("  ready          yes\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("16 MiB of 4 GiB, 1 holders", text.Output, StringComparison.Ordinal);
        Assert.Contains("machine: \"dc1s_v3\"\n", yaml.Output, StringComparison.Ordinal);
        var agent = json.RootElement.GetProperty("agent");
        Assert.Equal("node-1", agent.GetProperty("node").GetString());
        Assert.True(agent.GetProperty("ready").GetBoolean());
        Assert.Equal(16 << 20, agent.GetProperty("epc").GetProperty("usedBytes").GetInt64());
        var epc = agent.GetProperty("resources").EnumerateArray().First();
        Assert.Equal(
            (ResourceFamily.Azure.Name, 4096, true),
            (epc.GetProperty("name").GetString(), epc.GetProperty("expected").GetInt64(), epc.GetProperty("listed").GetBoolean()));
    }

    [Fact]
    public void Describe_WithoutAnAgent_SaysWhatToDo()
    {
        var run = Describe();

        Assert.Equal((ExitCode.Unreachable, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"casemate: the agent on {Socket} cannot be asked", run.Error, StringComparison.Ordinal);
        Assert.Contains("cannot be asked: there is no such socket", run.Error, StringComparison.Ordinal);
        Assert.Contains("See that 'casemate node' runs", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>ok</html>", "answers with no JSON")]
    [InlineData("[]", "is no agent")]
    [InlineData("{\"agent\":true}", "is no agent")]
    [InlineData("{}", "is no agent")]
    public async Task Describe_OfAnotherService_IsRefused_InEveryFormat(string page, string message)
    {
        using var meter = new Meter("other");
        using var metrics = new PrometheusText(meter);
        await using var other = await HealthEndpoint.StartAsync(
            Socket, metrics, () => null, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None,
            [.. ((string[])[NodePages.Json, NodePages.Text]).Select(path => new HealthPage(path, "text/html", () => Encoding.UTF8.GetBytes(page)))]);

        foreach (var format in (string[])["table", "json", "yaml"])
        {
            var run = Describe("-o", format);
            Assert.Equal((ExitCode.Unreachable, ""), (run.ExitCode, run.Output));
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--simulate", "dc1s_v3")]
    [InlineData("--sys-root", "/")]
    public void Describe_OfTheAgent_LooksAtNothingItself(string flag, string value)
    {
        var run = Describe(flag, value);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith($"casemate: --running and {flag} are both given", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("off", "--running asks the agent's --http, which is off")]
    [InlineData("not an address", "--http 'not an address' is no address")]
    public void Describe_OfNoAddress_IsAUsageError(string address, string message)
    {
        var run = CommandLine.Run("node", "describe", "--running", "--http", address);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith("casemate: " + message, run.Error, StringComparison.Ordinal);
    }

    private string Socket => _directory.File("http.sock");

    private CommandLine Describe(params string[] more) => CommandLine.Run(["node", "describe", "--running", "--http", Socket, .. more]);

    private async Task StartAsync(string machine, bool withKubelet = true)
    {
        var options = new TestKubeletOptions { Directory = _directory.File("dp"), PodResourcesSocket = _directory.File("pr/kubelet.sock") };
        Directory.CreateDirectory(options.Directory);
        _kubelet = withKubelet ? await TestKubelet.StartAsync(options) : null;
        Assert.True(DescribedMachine.TryLoad(machine, out var described, out var error), error);
        _service = await NodeService.StartAsync(
            new NodeServiceOptions
            {
                Agent = new NodeAgentOptions
                {
                    Sources = described!.Sources,
                    NodeName = "node-1",
                    Advertisement = new AdvertisementSettings { EnclaveCount = 4, ProvisionCount = 4 },
                    DevicePlugin = new DevicePluginSettings
                    {
                        Directory = options.Directory,
                        PodResourcesSocket = options.PodResourcesSocket,
                        StandIn = "/dev/null",
                        PollInterval = TimeSpan.FromSeconds(1),
                    },
                },
                Title = described.Title,
                KubeletDirectory = _directory.Path,
                NodeObject = new NodeObjectSettings { NodeName = "node-1" },
                Health = Socket,
            },
            NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        if (_kubelet is not null)
        {
            await _kubelet.UntilAsync(() => _service.Agent.IsReady && _service.Agent.State.Resources.All(
                resource => resource.Advertised == resource.Expected));
        }
    }

    private string Copy(string machine)
    {
        var from = Path.Combine(RepositoryPaths.Root, "src", "Casemate.Node", "Machines", "Described", machine);
        var to = _directory.File(machine);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return to;
    }

    private async Task<string> GetAsync(string path) => Encoding.UTF8.GetString(await AgentClient.GetAsync(Socket, path, CancellationToken.None));

    private Task<string> MetricsAsync() => GetAsync("/metrics");

    private async Task<string> UntilMetricsAsync(string part)
    {
        var text = "";
        await UntilAsync(async () => (text = await MetricsAsync()).Contains(part, StringComparison.Ordinal));
        return text;
    }

    // The agent looks at the kubelet's list from time to time; there is nothing else to wait for.
    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var limit = Task.Delay(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            Assert.False(limit.IsCompleted, "It did not come about within a minute.");
            await Task.WhenAny(limit, Task.Delay(TimeSpan.FromMilliseconds(50)));
        }
    }

    [GeneratedRegex("(?m)^# TYPE (casemate_[a-z_]+) ")]
    private static partial Regex MetricType();

    [GeneratedRegex("casemate_[a-z]+_[a-z_]*[a-z]")]
    private static partial Regex MetricName();
}
