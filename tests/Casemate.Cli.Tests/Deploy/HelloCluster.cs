using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Addon;
using Casemate.Cli.Deploy;
using Casemate.Cli.Tests.Quotes;
using Casemate.Kubernetes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Cli.Tests.Deploy;

/// <summary>
/// A cluster for <c>casemate deploy hello</c>: the test API server, with somebody who runs what the Job's container runs, on the simulated
/// platform of a directory, and writes down what it said.
/// </summary>
internal sealed class HelloCluster : IAsyncDisposable
{
    public const string Node = "node-7";

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<string> _played = [];
    private Task _playing = Task.CompletedTask;

    private HelloCluster(TestApiServer api) => Api = api;

    /// <summary>The node's hardware; null: it is described, and its evidence simulated.</summary>
    public SgxNode? Hardware { get; private set; }

    public TestApiServer Api { get; }

    /// <summary>The roots of the simulated platform.</summary>
    public string Roots => _directory.File("state/simulator-roots.pem");

    /// <summary>What becomes of a pod; default: it runs on <see cref="Node"/> and ends.</summary>
    public JsonObject? Status { get; init; }

    /// <summary>What its container wrote, made of what it really wrote.</summary>
    public Func<string, string> Log { get; init; } = log => log;

    /// <summary>What the kubelet warns of each pod; null: of nothing.</summary>
    public (string Reason, string Note)? Warning { get; set; }

    /// <summary>A file in the cluster's directory.</summary>
    public string File(string name) => _directory.File(name);

    public static async Task<HelloCluster> StartAsync(JsonObject? status = null, Func<string, string>? log = null)
    {
        var cluster = new HelloCluster(await TestApiServer.StartAsync()) { Status = status, Log = log ?? (said => said) };
        await System.IO.File.WriteAllTextAsync(cluster.File("kubeconfig"), $$"""
            current-context: test
            contexts: [{name: test, context: {cluster: test} }]
            clusters: [{name: test, cluster: {server: "{{cluster.Api.Address}}"} }]
            """);
        cluster._playing = Task.Run(() => cluster.PlayAsync(cluster._stopping.Token));
        return cluster;
    }

    /// <summary>The add-on is installed, and a node offers EPC.</summary>
    public HelloCluster WithAddon(AddonOverlay overlay = AddonOverlay.Simulated, ResourceFamily? family = null, bool offersEpc = true)
    {
        foreach (var one in AddonManifests.Objects(new AddonOptions { Overlay = overlay, Image = "registry.example/casemate:1", WithQuoteHelper = true })
            .Where(one => one.Kind == "DaemonSet"))
        {
            Api.Put(KubeResource.DaemonSets, one.ToNode());
        }

        return WithNode(offersEpc ? family ?? ResourceFamily.Azure : null);
    }

    /// <summary>The node has SGX, and a quote helper that quotes enclaves.</summary>
    public async Task<HelloCluster> WithSgxAsync(bool hasCollateral = true)
    {
        Hardware = await SgxNode.StartAsync(File("state"), File("s"), hasCollateral: hasCollateral);
        return this;
    }

    /// <summary>The add-on is installed with claims, and a node has such devices in a slice.</summary>
    /// <param name="described">Whether its machines are described.</param>
    /// <param name="devices">Kinds of devices; EPC has 64 MiB.</param>
    public HelloCluster WithClaims(bool described, params string[] devices)
    {
        var options = new AddonOptions
        {
            Overlay = AddonOverlay.Dra,
            WithDescribedMachines = described,
            Image = "registry.example/casemate:1",
            WithQuoteHelper = true,
        };
        foreach (var one in AddonManifests.Objects(options).Where(one => one.Kind == "DaemonSet"))
        {
            Api.Put(KubeResource.DaemonSets, one.ToNode());
        }

        return WithNode(null).WithSlice(Node, "sgx.casemate.dev", 2, devices);
    }

    /// <summary>A slice of a pool of the node's name.</summary>
    public HelloCluster WithSlice(string node, string driver, long generation, params string[] kinds)
    {
        Api.Put(KubeResource.ResourceSlices, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = $"{node}-{driver}-{generation}" },
            ["spec"] = new JsonObject
            {
                ["driver"] = driver,
                ["nodeName"] = node,
                ["pool"] = new JsonObject { ["name"] = node, ["generation"] = generation, ["resourceSliceCount"] = 1 },
                ["devices"] = new JsonArray([.. kinds.Select(kind => (JsonNode)new JsonObject
                {
                    ["name"] = kind,
                    ["attributes"] = new JsonObject { ["kind"] = new JsonObject { ["string"] = kind } },
                    ["capacity"] = new JsonObject { [kind == "epc" ? "epc" : "slots"] = new JsonObject { ["value"] = "64Mi" } },
                })]),
            },
        });
        return this;
    }

    public HelloCluster WithNode(ResourceFamily? family)
    {
        var allocatable = new JsonObject { ["cpu"] = "4" };
        if (family is not null)
        {
            allocatable[family.Name] = family.RequestFromBytes(64 << 20).ToString(CultureInfo.InvariantCulture);
            allocatable[AccessResource.Enclave] = "20";
        }

        Api.Put(KubeResource.Nodes, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Node },
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }),
                ["allocatable"] = allocatable,
            },
        });
        return this;
    }

    /// <summary>Runs <c>casemate deploy hello</c> against this cluster.</summary>
    public Task<CommandLine> DeployAsync(params string[] arguments) =>
        RunAsync(["deploy", "hello", "--kubeconfig", File("kubeconfig"), .. arguments]);

    /// <summary>Runs a command line in this process, with the clock of the machine.</summary>
    public async Task<CommandLine> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var error = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var code = await CasemateProgram.RunAsync(arguments, new CasemateInvocation
        {
            Output = output,
            Error = error,
            OpenStandardInput = () => Stream.Null,
            Time = TimeProvider.System,
            Enclaves = device => Hardware?.Open(device) ?? throw new InvalidOperationException("this node has no SGX"),
            Environment = name => name == "CASEMATE_STATE_DIR" ? File("state") : null,
        });
        return new CommandLine(code, output.ToString(), error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _playing;
        await (Hardware?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Api.DisposeAsync();
        _stopping.Dispose();
        _directory.Dispose();
    }

    // The Job's controller, the scheduler, the kubelet and the container.
    private async Task PlayAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                foreach (var job in Api.All(KubeResource.Jobs).Where(job => _played.Add(job.Name)))
                {
                    await RunPodAsync(job);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The end of the test.
        }
    }

    private async Task RunPodAsync(KubeObject job)
    {
        var template = job.At("spec", "template")!.Value;
        var name = job.Name + "-x";
        var (status, log) = (Status, "");
        if (status is null)
        {
            var command = template.GetProperty("spec").GetProperty("containers")[0].GetProperty("command").EnumerateArray()
                .Select(word => word.GetString()!).ToList();
            Assert.Equal("casemate", command[0]);

            List<string> arguments = [.. command.Skip(1)];
            if (Hardware is not null)
            {
                arguments.AddRange(["--helper", Hardware.EvidenceSocket]);
            }
            else
            {
                // In place of the socket of a node: the same evidence, made by this process.
                arguments.RemoveRange(arguments.IndexOf("--wait"), 2);
                arguments.Add("--simulated");
            }

            var said = await RunAsync([.. arguments]);
            Assert.True(said.ExitCode == 0, said.Error);
            log = Log(said.Output);
            status = new JsonObject
            {
                ["phase"] = "Succeeded",
                ["containerStatuses"] = new JsonArray(new JsonObject
                {
                    ["name"] = HelloWorkload.Container,
                    ["state"] = new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = 0, ["reason"] = "Completed" } },
                }),
            };
        }
        else
        {
            log = Log("");
        }

        Api.PutLog(job.Namespace!, name, HelloWorkload.Container, log);
        Api.Put(KubeResource.Pods, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = job.Namespace,
                ["labels"] = JsonNode.Parse(template.GetProperty("metadata").GetProperty("labels").GetRawText()),
            },
            ["spec"] = new JsonObject { ["nodeName"] = Node },
            ["status"] = status.DeepClone(),
        });
        if (Warning is { } warning)
        {
            Api.Put(KubeResource.Events, new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name + ".1", ["namespace"] = job.Namespace },
                ["type"] = "Warning",
                ["reason"] = warning.Reason,
                ["note"] = warning.Note,
                ["regarding"] = new JsonObject { ["kind"] = "Pod", ["name"] = name },
            });
        }
    }
}
