using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <content>The add-on, as its users install and use it: by the program's own commands.</content>
internal sealed partial class ClusterUnderTest
{
    private const string SystemNamespace = "casemate-system";

    private bool _hasAddon;

    /// <summary>The suite's own namespace.</summary>
    public string Namespace => _name;

    /// <summary>The image to upgrade to; null: none is named.</summary>
    public string? NextImage => _settings.NextImage;

    /// <summary>Runs a command of the program against this cluster, to its end.</summary>
    public Task<ChildProgram> CasemateAsync(params string[] arguments) => ChildProgram.RunAsync(
        ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, .. arguments, "--kubeconfig", _settings.Kubeconfig]);

    /// <summary>Starts a command of the program against this cluster.</summary>
    public RunningProgram StartCasemate(params string[] arguments) =>
        RunningProgram.StartCasemate(null, [.. arguments, "--kubeconfig", _settings.Kubeconfig]);

    /// <summary>Installs the add-on with described machines, and waits as the command does.</summary>
    public async Task InstallAddonAsync(string machine)
    {
        await InstallAddonAsync("--simulate", machine);
        await UntilOfferedAsync(ResourceFamily.Azure.Name);
    }

    /// <summary>The same where devices come by claims. A cluster that serves none skips the test.</summary>
    public async Task InstallAddonWithClaimsAsync(string machine, params string[] options)
    {
        NeedsSharedDevices();
        await InstallAddonAsync(["--overlay", "dra", "--simulate", machine, .. options]);
        await UntilAsync($"a device of {Node} is in a ResourceSlice", async () =>
            (await _client.ListAsync(KubeResource.ResourceSlices, KubeListOptions.All)).Items
                .Any(slice => slice.MapAt("spec").GetValueOrDefault("nodeName") == Node && slice.ListAt("spec", "devices").Count > 0));
    }

    /// <summary>Waits until nothing is left of sample workloads in the suite's namespace: Jobs, pods, claims and what they are made of.</summary>
    public async Task UntilNothingOfHelloAsync()
    {
        KubeResource[] kinds = [KubeResource.Jobs, KubeResource.Pods, KubeResource.ResourceClaimTemplates, KubeResource.ResourceClaims];
        var left = new List<string>();
        await UntilAsync(() => $"nothing is left of hello; there is {string.Join(", ", left)}", async () =>
        {
            left.Clear();
            foreach (var kind in kinds)
            {
                var list = await _client.ListAsync(kind, new KubeListOptions { Namespace = _name });
                left.AddRange(list.Items.Where(one => one.Name.StartsWith("casemate-hello-", StringComparison.Ordinal)).Select(one => $"{kind.Kind} {one.Name}"));
            }

            return left.Count == 0;
        });
    }

    private async Task InstallAddonAsync(params string[] options)
    {
        _hasAddon = true;
        var installed = await CasemateAsync(
            ["addon", "install", .. options, "--image", _settings.Image, "--yes", "--timeout", "100"]);
        Assert.True(installed.ExitCode == 0, installed.Output + installed.Error);
    }

    /// <summary>Removes the add-on.</summary>
    public async Task UninstallAddonAsync()
    {
        var removed = await CasemateAsync("addon", "uninstall", "--yes", "--timeout", "100");
        Assert.True(removed.ExitCode == 0, removed.Output + removed.Error);
        _hasAddon = false;
    }

    /// <summary>From now on the suite's namespace takes only pods of the level <i>restricted</i>.</summary>
    public Task RestrictAsync() => _client.PatchAsync(KubeResource.Namespaces, null, _name, KubePatch.Merge(new JsonObject
    {
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["pod-security.kubernetes.io/enforce"] = "restricted" } },
    }));

    /// <summary>Asks for a pod as its author wrote it years ago: an amount under some name, and nothing else.</summary>
    public Task CreateWrittenPodAsync(string name, string resource, string amount) => _client.CreateAsync(
        KubeResource.Pods, _name, ClusterManifests.Pod(name, _settings.Image, _hostName, [(resource, amount)], []));

    /// <summary>Stops every replica of the webhook, and waits until its pods are gone.</summary>
    public async Task StopWebhookAsync()
    {
        await _client.PatchAsync(
            KubeResource.Deployments, SystemNamespace, "casemate-webhook",
            KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 0 } }));
        await UntilAsync("the webhook is stopped", async () => (await _client.ListAsync(
            KubeResource.Pods,
            new KubeListOptions { Namespace = SystemNamespace, LabelSelector = "app.kubernetes.io/name=casemate-webhook" })).Items.Count == 0);
    }

    /// <summary>Everything in the cluster that speaks of the add-on: objects by name or label, and what is written on nodes.</summary>
    public async Task<IReadOnlyList<string>> TracesAsync()
    {
        var traces = new List<string>();
        var served = await _client.DiscoverAsync();
        foreach (var kind in KubeResource.Known.Where(kind => served.Serves(kind) && kind != KubeResource.Events && kind != KubeResource.EndpointSlices
            && !kind.Kind.EndsWith("Review", StringComparison.Ordinal)))
        {
            var list = await _client.ListAsync(kind, KubeListOptions.All);
            traces.AddRange(list.Items.Where(IsOfAddon).Select(one => $"{kind.Kind} {one.Key}"));
        }

        foreach (var node in (await _client.ListAsync(KubeResource.Nodes, KubeListOptions.All)).Items)
        {
            traces.AddRange(node.Labels.Keys.Concat(node.Annotations.Keys).Where(key => key.Contains("casemate.dev/", StringComparison.Ordinal))
                .Select(key => $"Node {node.Name}: {key}"));
            traces.AddRange(node.MapAt("status", "allocatable")
                .Where(amount => ResourceFamily.TryFind(amount.Key, out _) && amount.Value != "0")
                .Select(amount => $"Node {node.Name}: {amount.Value} of {amount.Key}"));
        }

        return traces;
    }

    /// <summary>Waits until nothing is left of the add-on; controllers take their time.</summary>
    public async Task UntilNoTraceAsync()
    {
        IReadOnlyList<string> left = [];
        await UntilAsync(() => $"nothing is left of the add-on; there is {string.Join(", ", left)}", async () =>
        {
            left = await TracesAsync();
            return left.Count == 0;
        });
    }

    /// <summary>As long as it takes between two looks at the cluster.</summary>
    public async Task PauseAsync()
    {
        using var timer = new PeriodicTimer(_settings.Interval);
        await timer.WaitForNextTickAsync(CancellationToken.None);
    }

    private bool IsOfAddon(KubeObject one) =>
        one.Namespace != _name && one.Name != _name
        && (one.Name.StartsWith("casemate", StringComparison.Ordinal) || one.Labels.Keys.Any(key => key.StartsWith("casemate.dev/", StringComparison.Ordinal)));
}
