using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <content>DaemonSets, Deployments and Jobs: their pods, and a process for each that runs the program.</content>
internal sealed partial class SimulatedCluster
{
    private const string OwnerLabel = "simulated/owner";
    private const string SocketDirectory = "/var/run/aesmd";
    private const string AddressMark = "The webhook answers at https://";

    // By kind, namespace, name and number of the pod.
    private readonly Dictionary<string, Daemon> _daemons = [];
    private readonly Dictionary<string, (RunningProgram Program, Task<ChildProgram> End)> _tasks = [];
    private int _pods;

    private sealed record Daemon(string Namespace, string Pod, string Template, RunningProgram Program);

    private string Helper => _directory.File("aesmd/aesm.socket");

    private async Task RunWorkloadsAsync()
    {
        var wanted = Wanted().ToDictionary(one => one.Key, one => one.Owner);
        foreach (var (key, daemon) in _daemons.ToList())
        {
            var isThere = _api.Find(KubeResource.Pods, daemon.Namespace, daemon.Pod) is not null;
            if (!isThere || !wanted.TryGetValue(key, out var owner))
            {
                await StopAsync(key, daemon);
            }
            else if (TemplateOf(owner) != daemon.Template)
            {
                await ReplaceAsync(key, daemon, owner);
            }
        }

        foreach (var (key, owner) in wanted.Where(one => !_daemons.ContainsKey(one.Key)))
        {
            await StartAsync(key, owner);
        }

        TellWorkloads();
        MakePodsOfJobs();
        await EndTasksAsync();
    }

    private IEnumerable<(string Key, KubeObject Owner)> Wanted()
    {
        foreach (var set in _api.All(KubeResource.DaemonSets))
        {
            yield return ($"DaemonSet/{set.Namespace}/{set.Name}/0", set);
        }

        // One process stands for all replicas: there is one loopback.
        foreach (var deployment in _api.All(KubeResource.Deployments).Where(deployment => Replicas(deployment) > 0))
        {
            yield return ($"Deployment/{deployment.Namespace}/{deployment.Name}/0", deployment);
        }
    }

    private async Task StartAsync(string key, KubeObject owner)
    {
        var template = owner.At("spec", "template")!.Value;
        var container = template.GetProperty("spec").GetProperty("containers")[0];
        var pod = MakePod(owner, template, "Running");
        var words = Words(container);
        var program = RunningProgram.StartCasemate(
            new Dictionary<string, string?> { ["NODE_NAME"] = Node }, [.. OnThisMachine(words)]);
        _daemons[key] = new Daemon(owner.Namespace!, pod, TemplateOf(owner), program);
        if (words[0] == "webhook")
        {
            var line = await program.ErrorLineAsync(AddressMark);
            var address = line[(line.IndexOf(AddressMark, StringComparison.Ordinal) + "The webhook answers at ".Length)..];
            _api.Expose(owner.Namespace!, "casemate-webhook", new Uri(address.Split('"', ' ')[0]).Port);
        }
    }

    // As the DaemonSet says: the next one before the last one goes, or after.
    private async Task ReplaceAsync(string key, Daemon daemon, KubeObject owner)
    {
        if (owner.At("spec", "updateStrategy", "rollingUpdate", "maxSurge") is { ValueKind: JsonValueKind.Number } surge && surge.GetInt32() > 0
            && key.StartsWith("DaemonSet/", StringComparison.Ordinal))
        {
            await StartAsync(key, owner);
            var next = _daemons[key];
            await next.Program.ErrorLineAsync("Ready: whatever is offered");
            await StopAsync(key, daemon);
            _daemons[key] = next;
            return;
        }

        await StopAsync(key, daemon);
        await StartAsync(key, owner);
    }

    private async Task StopAsync(string key, Daemon daemon)
    {
        _daemons.Remove(key);
        if (key.StartsWith("Deployment/", StringComparison.Ordinal))
        {
            _api.Unexpose(daemon.Namespace, "casemate-webhook");
        }

        if (daemon.Program.TrySend(RunningProgram.Signal.Terminate))
        {
            await daemon.Program.EndAsync();
        }

        await daemon.Program.DisposeAsync();
        if (_api.Find(KubeResource.Pods, daemon.Namespace, daemon.Pod) is not null)
        {
            _api.Delete(KubeResource.Pods, daemon.Namespace, daemon.Pod);
        }
    }

    private async Task StopAllAsync()
    {
        foreach (var (key, daemon) in _daemons.ToList())
        {
            await StopAsync(key, daemon);
        }

        foreach (var (program, _) in _tasks.Values)
        {
            await program.DisposeAsync();
        }
    }

    // The node's paths are below a directory of the test, and no port is fixed.
    private List<string> OnThisMachine(IReadOnlyList<string> words)
    {
        var found = words.Select(word => word.Replace("$(NODE_NAME)", Node, StringComparison.Ordinal)).ToList();
        void Set(string option, string value, bool always = true)
        {
            var at = found.IndexOf(option);
            if (at >= 0)
            {
                found[at + 1] = value;
            }
            else if (always)
            {
                found.AddRange([option, value]);
            }
        }

        Set("--http", "off");
        switch (found[0])
        {
            case "node":
                Set("--kubelet-dir", _directory.Path);
                Set("--aesm-allocations", _directory.File("aesm"), always: false);
                Set("--quote-helper", _directory.File("aesmd/evidence.socket"), always: false);
                if (found.Contains("--dra") || found.Contains("--kubernetes"))
                {
                    Set("--kubeconfig", _directory.File("kubeconfig"));
                }

                if (found.Contains("--dra"))
                {
                    Set("--cdi-dir", _directory.File("cdi"));
                }

                break;
            case "quote-helper":
                Set("--state-dir", _directory.File("helper"));
                Set("--allocations", _directory.File("aesm"), always: false);
                Set("--socket", Helper);
                break;
            case "webhook":
                Set("--listen", "127.0.0.1:0");
                Set("--kubeconfig", _directory.File("kubeconfig"));
                break;
            default:
                throw new InvalidOperationException($"Nobody knows how to run '{string.Join(' ', words)}' here.");
        }

        return found;
    }

    private void TellWorkloads()
    {
        foreach (var set in _api.All(KubeResource.DaemonSets))
        {
            var ready = IsReady($"DaemonSet/{set.Namespace}/{set.Name}/0", set) ? 1 : 0;
            SetStatus(KubeResource.DaemonSets, set.Namespace, set.Name, new JsonObject
            {
                ["observedGeneration"] = Generation(set),
                ["desiredNumberScheduled"] = 1,
                ["currentNumberScheduled"] = 1,
                ["updatedNumberScheduled"] = 1,
                ["numberReady"] = ready,
                ["numberAvailable"] = ready,
            });
        }

        foreach (var deployment in _api.All(KubeResource.Deployments))
        {
            var count = Replicas(deployment);
            var ready = IsReady($"Deployment/{deployment.Namespace}/{deployment.Name}/0", deployment) ? count : 0;
            SetStatus(KubeResource.Deployments, deployment.Namespace, deployment.Name, new JsonObject
            {
                ["observedGeneration"] = Generation(deployment),
                ["replicas"] = count,
                ["updatedReplicas"] = count,
                ["readyReplicas"] = ready,
                ["availableReplicas"] = ready,
            });
        }
    }

    private bool IsReady(string key, KubeObject owner)
    {
        var words = Words(owner.At("spec", "template")!.Value.GetProperty("spec").GetProperty("containers")[0]);
        return _daemons.ContainsKey(key) && words[0] switch
        {
            "node" => words.Contains("--dra") || ResourceFamily.All.Any(family => _kubelet.Knows(family.Name) && _kubelet.Allocatable(family.Name) > 0),
            "quote-helper" => File.Exists(Helper),
            _ => true,                                                     // it was waited for
        };
    }

    private void MakePodsOfJobs()
    {
        foreach (var job in _api.All(KubeResource.Jobs))
        {
            if (!_api.All(KubeResource.Pods).Any(pod => pod.Labels.GetValueOrDefault(OwnerLabel) == job.Uid))
            {
                MakePod(job, job.At("spec", "template")!.Value, "Pending");
            }
        }
    }

    // What the runtime mounts: by the device plugin's answer, or by the CDI specification of a claim's device.
    private static string? SocketsOf(ContainerAllocateResponse given) =>
        given.Mounts.FirstOrDefault(mount => mount.ContainerPath == SocketDirectory)?.HostPath;

    private string? SocketsOf(IReadOnlyList<string> cdiDevices)
    {
        foreach (var path in cdiDevices.Count > 0 ? Directory.GetFiles(_directory.File("cdi"), "*.json") : [])
        {
            using var specification = JsonDocument.Parse(File.ReadAllBytes(path));
            var kind = specification.RootElement.GetProperty("kind").GetString();
            foreach (var device in specification.RootElement.GetProperty("devices").EnumerateArray()
                .Where(device => cdiDevices.Contains($"{kind}={device.GetProperty("name").GetString()}")))
            {
                if (device.GetProperty("containerEdits").TryGetProperty("mounts", out var mounts))
                {
                    return mounts.EnumerateArray().Single(mount => mount.GetProperty("containerPath").GetString() == SocketDirectory)
                        .GetProperty("hostPath").GetString();
                }
            }
        }

        return null;
    }

    private void StartTask(KubeObject pod, JsonElement container, string? sockets)
    {
        if (_tasks.ContainsKey(pod.Uid))
        {
            return;
        }

        var words = Words(container);
        Assert.Equal("quote", words[0]);
        var program = RunningProgram.StartCasemate(
            null, [.. words, "--helper", Path.Combine(sockets ?? _directory.File("no-sockets"), "evidence.socket")]);
        _tasks[pod.Uid] = (program, program.EndAsync());
    }

    private async Task EndTasksAsync()
    {
        foreach (var (uid, (program, end)) in _tasks.Where(task => task.Value.End.IsCompleted).ToList())
        {
            var ended = await end;
            await program.DisposeAsync();
            _tasks.Remove(uid);
            if (_api.All(KubeResource.Pods).FirstOrDefault(pod => pod.Uid == uid) is not { } pod)
            {
                continue;
            }

            var container = pod.ListAt("spec", "containers")[0].GetProperty("name").GetString()!;
            _api.PutLog(pod.Namespace!, pod.Name, container, ended.Error + ended.Output);
            SetStatus(KubeResource.Pods, pod.Namespace, pod.Name, new JsonObject
            {
                ["phase"] = ended.ExitCode == 0 ? "Succeeded" : "Failed",
                ["containerStatuses"] = new JsonArray(new JsonObject
                {
                    ["name"] = container,
                    ["state"] = new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = ended.ExitCode } },
                }),
            });
        }
    }

    private string MakePod(KubeObject owner, JsonElement template, string phase)
    {
        var name = $"{owner.Name}-{++_pods}";
        var labels = template.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("labels", out var given)
            ? (JsonObject)JsonNode.Parse(given.GetRawText())! : [];
        labels[OwnerLabel] = owner.Uid;
        var spec = (JsonObject)JsonNode.Parse(template.GetProperty("spec").GetRawText())!;
        spec["nodeName"] = Node;
        _api.Put(KubeResource.Pods, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = owner.Namespace,
                ["labels"] = labels,
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = owner.ApiVersion,
                    ["kind"] = owner.Kind,
                    ["name"] = owner.Name,
                    ["uid"] = owner.Uid,
                }),
            },
            ["spec"] = spec,
        });
        SetStatus(KubeResource.Pods, owner.Namespace, name, new JsonObject
        {
            ["phase"] = phase,
            ["conditions"] = phase == "Running" ? Conditions(("Ready", "True", "")) : new JsonArray(),
        });
        return name;
    }

    // Of a DaemonSet or Deployment, which nobody places here.
    private bool IsDaemon(KubeObject pod) => _daemons.Values.Any(daemon => (daemon.Namespace, daemon.Pod) == (pod.Namespace, pod.Name));

    private bool IsOfJob(KubeObject pod) => pod.Labels.TryGetValue(OwnerLabel, out var owner)
        && _api.All(KubeResource.Jobs).Any(job => job.Uid == owner);

    // Where an image has an entry point, its words may be arguments alone.
    private static List<string> Words(JsonElement container)
    {
        var words = new List<string>();
        foreach (var member in (ReadOnlySpan<string>)["command", "args"])
        {
            if (container.TryGetProperty(member, out var given))
            {
                words.AddRange(given.EnumerateArray().Select(word => word.GetString()!));
            }
        }

        return words[0] == "casemate" ? words[1..] : words;
    }

    private static string TemplateOf(KubeObject owner) => owner.At("spec", "template")!.Value.GetRawText();

    private static int Replicas(KubeObject deployment) =>
        deployment.At("spec", "replicas") is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : 1;

    private static long Generation(KubeObject value) => value.Metadata.TryGetProperty("generation", out var generation) ? generation.GetInt64() : 1;
}
