using System.Text.Json.Nodes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>Installing a list of objects, telling beforehand what that does, and removing it again.</summary>
public sealed class ManifestApplierTests : IAsyncLifetime
{
    private static readonly ManifestInventory Inventory = new("casemate-system", "casemate");

    private static readonly ManifestApplyOptions Installing = new() { Inventory = Inventory };

    private TestApiServer _server = null!;
    private KubeClient _client = null!;
    private ManifestApplier _applier = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _server.RequireNamespaces = true;
        _server.CompleteWorkloads = true;
        _client = _server.CreateClient();
        _applier = new ManifestApplier(_client);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Applies_InTheOrderOfNeed_WhateverTheFilesOrder()
    {
        var changes = await _applier.ApplyAsync([.. AddOn.Reverse()]);

        Assert.Equal(
            ["Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ConfigMap", "DaemonSet", "Machine",
                "MutatingWebhookConfiguration"],
            changes.Select(change => change.Wanted.Kind));
        Assert.All(changes, change => Assert.Equal(ManifestAction.Create, change.Action));
    }

    [Fact]
    public async Task ChangesNothing_TheSecondTime()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        var version = _server.Version;

        var changes = await _applier.ApplyAsync(AddOn, Installing);

        Assert.All(changes, change => Assert.Equal(ManifestAction.Keep, change.Action));
        Assert.Equal(version, _server.Version);
    }

    [Fact]
    public async Task Plans_WithoutKeepingAnything()
    {
        var version = _server.Version;

        var changes = await _applier.PlanAsync(AddOn, Installing);

        Assert.Equal(version, _server.Version);
        Assert.All(changes, change => Assert.Equal(ManifestAction.Create, change.Action));
        Assert.Contains("comes with the same list", changes.Single(change => change.Wanted.Kind == "ConfigMap").Problem, StringComparison.Ordinal);
        Assert.Equal("", changes.Single(change => change.Wanted.Kind == "ClusterRole").Problem);
    }

    [Fact]
    public async Task Plans_FieldByField_WhatWouldChange()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        var changed = With("ConfigMap", map => map["data"]!["mode"] = "strict");

        var change = (await _applier.PlanAsync(changed, Installing)).Single(one => one.Action is not ManifestAction.Keep);

        Assert.Equal("""data.mode: "plain" → "strict" """.Trim(), Assert.Single(change.Differences).ToString());
        Assert.Equal("plain", _server.Find(KubeResource.ConfigMaps, "casemate-system", "settings")!.MapAt("data")["mode"]);
    }

    [Fact]
    public async Task Plans_AConflict_NamingFieldAndManager()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        _server.Change(
            KubeResource.ConfigMaps, "casemate-system", "settings", "kubectl-edit", map => map["data"]!["mode"] = "by hand");

        var change = (await _applier.PlanAsync(AddOn, Installing)).Single(one => one.Action is not ManifestAction.Keep);

        Assert.Equal(ManifestAction.Conflict, change.Action);
        Assert.Equal(new KubeFieldConflict(".data.mode", "kubectl-edit"), Assert.Single(change.Conflicts));
    }

    [Fact]
    public async Task Stops_AtAConflict_AndTakesOver_ByForceAlone()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        _server.Change(
            KubeResource.ConfigMaps, "casemate-system", "settings", "kubectl-edit", map => map["data"]!["mode"] = "by hand");

        var failure = await Assert.ThrowsAsync<KubeException>(() => _applier.ApplyAsync(AddOn, Installing));
        Assert.Equal(".data.mode (owned by kubectl-edit)", Assert.Single(failure.Conflicts).ToString());
        await _applier.ApplyAsync(AddOn, Installing with { Force = true });

        Assert.Equal("plain", _server.Find(KubeResource.ConfigMaps, "casemate-system", "settings")!.MapAt("data")["mode"]);
    }

    [Fact]
    public async Task Plans_WhatTheServerDoesNotServe_OrRefuses()
    {
        _server.Refuse(
            1, new ApiFault(422, "Invalid", "rules: bad") { Causes = [("FieldValueInvalid", "rules", "bad")] },
            request => request.Method == "PATCH" && request.Path.Contains("clusterroles", StringComparison.Ordinal));
        KubeObject[] objects = [.. AddOn, Object("example.org/v1", "Unknown", "x")];

        var refused = (await _applier.PlanAsync(objects)).Where(change => change.Action is ManifestAction.Refuse).ToList();

        Assert.Equal(["ClusterRole", "Unknown"], refused.Select(change => change.Wanted.Kind));
        Assert.Contains("serves no Unknown of example.org/v1", refused[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_UntilANewKindIsServed()
    {
        _server.EstablishDefinitions = false;
        var applying = _applier.ApplyAsync(AddOn);
        await _server.UntilAsync(() => _server.OpenWatches > 0);
        Assert.DoesNotContain(_server.Requests, request => request.Path.Contains("machines", StringComparison.Ordinal)
            && request.Method == "PATCH" && !request.Path.Contains("customresource", StringComparison.Ordinal));

        _server.EstablishDefinitions = true;
        _server.Change(KubeResource.CustomResourceDefinitions, null, "machines.example.dev", "server", definition =>
            definition["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Established", ["status"] = "True" }),
            });

        Assert.Equal(8, (await applying.SoonAsync()).Count);
    }

    [Fact]
    public async Task Waits_ForTheWorkloads()
    {
        await _applier.ApplyAsync(AddOn);

        var outcomes = await _applier.WaitAsync(AddOn, TimeSpan.FromMinutes(1));

        Assert.Equal(["CustomResourceDefinition", "DaemonSet"], outcomes.Select(one => one.Wanted.Kind));
        Assert.All(outcomes, one => Assert.Equal(RolloutState.Complete, one.Status.State));
    }

    [Fact]
    public async Task Removes_EverythingItMade_AndNothingElse_InTheReverseOrder()
    {
        var before = All();
        await _applier.ApplyAsync(AddOn, Installing);
        _server.Put(KubeResource.ConfigMaps, Map("default", "mine"));
        var deleted = _server.Requests.Count;

        var outcomes = await _applier.RemoveAsync(Inventory);

        Assert.All(outcomes, one => Assert.Equal(ManifestRemovalOutcome.Deleted, one.Outcome));
        Assert.Equal("MutatingWebhookConfiguration", outcomes[0].Resource.Kind);
        Assert.Equal("Namespace", outcomes[^1].Resource.Kind);
        Assert.Equal([.. before, "ConfigMap default/mine"], All());
        Assert.All(
            _server.Requests.Skip(deleted).Where(request => request.Method == "DELETE" && !request.Path.EndsWith("configmaps/casemate", StringComparison.Ordinal)),
            request => Assert.Contains("\"uid\":", request.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task LetsGo_OfWhatWasThereBefore_InsteadOfDeletingIt()
    {
        _server.Put(KubeResource.Namespaces, Node("v1", "Namespace", "casemate-system"));
        _server.Put(KubeResource.ConfigMaps, Map("casemate-system", "settings"));
        await _applier.ApplyAsync(AddOn, Installing);
        Assert.Equal("plain", _server.Find(KubeResource.ConfigMaps, "casemate-system", "settings")!.MapAt("data")["mode"]);

        var outcomes = await _applier.RemoveAsync(Inventory);

        Assert.Equal(2, outcomes.Count(one => one.Outcome is ManifestRemovalOutcome.Released));
        var map = _server.Find(KubeResource.ConfigMaps, "casemate-system", "settings")!;
        Assert.Equal("plain", map.MapAt("data")["mode"]);
        Assert.Empty(map.Labels);
        Assert.Empty(map.Annotations);
        Assert.NotNull(_server.Find(KubeResource.Namespaces, null, "casemate-system"));
        Assert.Null(_server.Find(KubeResource.ConfigMaps, "casemate-system", "casemate"));
    }

    // By then the fields that a workload cannot be without are this installer's alone: taking them out is what no server takes.
    [Fact]
    public async Task LetsGo_OfWhatItTookOver_WithEveryFieldInItsPlace()
    {
        using var others = _server.CreateClient(options => options with { FieldManager = "kubectl" });
        await new ManifestApplier(others).ApplyAsync(WithImage("one"));
        await _applier.ApplyAsync(WithImage("one"), Installing);
        await _applier.ApplyAsync(WithImage("two"), Installing with { Force = true });

        var outcomes = await _applier.RemoveAsync(Inventory);

        Assert.DoesNotContain(outcomes, one => one.IsUnfinished);
        var live = Assert.Single(_server.All(KubeResource.DaemonSets));
        Assert.Equal("two", live.ListAt("spec", "template", "spec", "containers")[0].GetProperty("image").GetString());
        Assert.False(Inventory.Owns(live));
        Assert.Empty(live.Annotations);
        Assert.DoesNotContain(
            live.ListAt("metadata", "managedFields"), entry => entry.GetProperty("manager").ValueEquals("casemate")
                && entry.GetProperty("fieldsV1").TryGetProperty("f:spec", out _));
        Assert.Empty(await _applier.RemoveAsync(Inventory));
        await new ManifestApplier(others).ApplyAsync(WithImage("three"));

        static IReadOnlyList<KubeObject> WithImage(string image) => With("DaemonSet", one => one["spec"]!["template"] = new JsonObject
        {
            ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = image }) },
        });
    }

    [Fact]
    public async Task LetsGo_OfWhatSomebodyChangesMeanwhile()
    {
        _server.Put(KubeResource.Namespaces, Node("v1", "Namespace", "casemate-system"));
        _server.Put(KubeResource.ConfigMaps, Map("casemate-system", "settings"));
        await _applier.ApplyAsync(AddOn, Installing);
        var refused = 0;
        _server.Refuse(2, new ApiFault(409, "Conflict", "the object has been modified"), request => request.Method == "PATCH"
            && request.Path.EndsWith("/configmaps/settings", StringComparison.Ordinal) && ++refused > 0);

        var outcomes = await _applier.RemoveAsync(Inventory);

        Assert.Equal(2, refused);
        Assert.DoesNotContain(outcomes, one => one.IsUnfinished);
        Assert.False(Inventory.Owns(_server.Find(KubeResource.ConfigMaps, "casemate-system", "settings")!));
    }

    [Fact]
    public async Task Deletes_WhatWasThereBefore_WhenItsOwnerAsksForThat()
    {
        _server.Put(KubeResource.Namespaces, Node("v1", "Namespace", "casemate-system"));
        _server.Put(KubeResource.ConfigMaps, Map("casemate-system", "settings"));
        await _applier.ApplyAsync(AddOn, Installing);

        var outcomes = await _applier.RemoveAsync(Inventory, new ManifestRemoveOptions { DeleteAdopted = true });

        Assert.DoesNotContain(outcomes, one => one.Outcome is ManifestRemovalOutcome.Released);
        Assert.Empty(All());
    }

    [Fact]
    public async Task Removes_AnInstallationThatStoppedHalfWay()
    {
        _server.Refuse(1, new ApiFault(403, "Forbidden", "no"), request => request.Method == "PATCH"
            && request.Path.Contains("daemonsets", StringComparison.Ordinal));
        await Assert.ThrowsAsync<KubeException>(() => _applier.ApplyAsync(AddOn, Installing));
        Assert.NotEmpty(All());

        var outcomes = await _applier.RemoveAsync(Inventory);

        Assert.Empty(All());
        Assert.DoesNotContain(outcomes, one => one.IsUnfinished);
        Assert.Contains(outcomes, one => one.Outcome is ManifestRemovalOutcome.WasGone && one.Resource.Kind == "DaemonSet");
    }

    [Fact]
    public async Task Finds_ByTheLabel_WhatNoListNames()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        _server.Delete(KubeResource.ConfigMaps, "casemate-system", "casemate");
        var machines = new KubeResource("example.dev", "v1", "machines", "Machine", true);

        await _applier.RemoveAsync(Inventory);

        Assert.Empty(All());
        Assert.Empty(_server.All(machines));
    }

    [Fact]
    public async Task LeavesAlone_WhatHasLostItsLabel()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        _server.Change(KubeResource.ClusterRoles, null, "casemate", "somebody", role => ((JsonObject)role["metadata"]!).Remove("labels"));

        var outcomes = await _applier.RemoveAsync(Inventory);

        var spared = Assert.Single(outcomes, one => one.Outcome is ManifestRemovalOutcome.Spared);
        Assert.Contains("does not carry the label casemate.dev/inventory=casemate", spared.Message, StringComparison.Ordinal);
        Assert.NotNull(_server.Find(KubeResource.ClusterRoles, null, "casemate"));
    }

    [Fact]
    public async Task Says_WhatHoldsAnObject_WhenTheTimeIsUp_AndKeepsTheListForTheNextTime()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        using var client = _server.CreateClient(options => options with { Time = clock });
        var applier = new ManifestApplier(client);
        await applier.ApplyAsync(AddOn, Installing);
        _server.Change(KubeResource.DaemonSets, "casemate-system", "node", "somebody", set =>
            set["metadata"]!["finalizers"] = new JsonArray("example.dev/wait"));

        var removal = applier.RemoveAsync(Inventory, new ManifestRemoveOptions { Limit = TimeSpan.Zero });

        var outcomes = await removal.SoonAsync();
        var held = Assert.Single(outcomes, one => one.IsUnfinished);
        Assert.Equal("StillThere DaemonSet casemate-system/node: held by example.dev/wait", held.ToString());
        Assert.Contains(outcomes, one => one.Outcome is ManifestRemovalOutcome.Spared && one.Resource.Kind == "Namespace");
        Assert.NotNull(_server.Find(KubeResource.ConfigMaps, "casemate-system", "casemate"));

        _server.Change(KubeResource.DaemonSets, "casemate-system", "node", "somebody", set =>
            ((JsonObject)set["metadata"]!).Remove("finalizers"));
        await applier.RemoveAsync(Inventory);
        Assert.Empty(All());
    }

    [Fact]
    public async Task Waits_UntilAnObjectIsGone_BeforeItTouchesWhatThatNeeds()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        _server.Change(KubeResource.DaemonSets, "casemate-system", "node", "somebody", set =>
            set["metadata"]!["finalizers"] = new JsonArray("example.dev/wait"));
        var removal = _applier.RemoveAsync(Inventory, new ManifestRemoveOptions { PollPeriod = TimeSpan.FromMilliseconds(1) });
        await _server.UntilAsync(() => _server.Find(KubeResource.DaemonSets, "casemate-system", "node") is { IsBeingDeleted: true });
        Assert.NotNull(_server.Find(KubeResource.ClusterRoles, null, "casemate"));

        _server.Change(KubeResource.DaemonSets, "casemate-system", "node", "somebody", set =>
            ((JsonObject)set["metadata"]!).Remove("finalizers"));

        Assert.All(await removal.SoonAsync(), one => Assert.Equal(ManifestRemovalOutcome.Deleted, one.Outcome));
        Assert.Empty(All());
    }

    [Fact]
    public async Task Removes_WhatTheNextVersionDoesNotHoldAnyMore()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        IReadOnlyList<KubeObject> less = [.. AddOn.Where(one => one.Kind != "ClusterRole")];

        var told = await _applier.PlanPruneAsync(less, Installing);
        Assert.NotNull(_server.Find(KubeResource.ClusterRoles, null, "casemate"));
        await _applier.ApplyAsync(less, Installing);

        Assert.Equal(("ClusterRole", "casemate"), (Assert.Single(told).Resource.Kind, told[0].Name));
        Assert.Empty(await _applier.PlanPruneAsync(less, Installing));

        Assert.Null(_server.Find(KubeResource.ClusterRoles, null, "casemate"));
        await _applier.RemoveAsync(Inventory with { }, new ManifestRemoveOptions { Sweep = false });
        Assert.Empty(All());
    }

    [Fact]
    public async Task DeletesNothing_InADryRun()
    {
        await _applier.ApplyAsync(AddOn, Installing);
        var (before, version) = (All(), _server.Version);

        var outcomes = await _applier.RemoveAsync(Inventory, new ManifestRemoveOptions { DryRun = true });

        Assert.Equal(before.Count - 1, outcomes.Count(one => one.Outcome is ManifestRemovalOutcome.Deleted));
        Assert.Equal(version, _server.Version);
    }

    [Fact]
    public async Task Spares_WhatIsToStay_AndSaysSo()
    {
        await _applier.ApplyAsync(AddOn, Installing);

        var outcomes = await _applier.RemoveAsync(
            Inventory, new ManifestRemoveOptions { Spare = one => one.Kind == "CustomResourceDefinition" });

        Assert.Equal("CustomResourceDefinition", Assert.Single(outcomes, one => one.Outcome is ManifestRemovalOutcome.Spared).Resource.Kind);
        Assert.Equal(["CustomResourceDefinition machines.example.dev"], All());
    }

    private IReadOnlyList<string> All() =>
        [.. _server.Served.SelectMany(_server.All).Select(one => one.ToString()).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<KubeObject> With(string kind, Action<JsonObject> change) => [.. AddOn.Select(one =>
    {
        var node = one.ToNode();
        if (one.Kind == kind)
        {
            change(node);
        }

        return KubeObject.From(node);
    })];

    private static KubeObject Object(string apiVersion, string kind, string name) => KubeObject.From(Node(apiVersion, kind, name));

    private static JsonObject Node(string apiVersion, string kind, string name) =>
        new() { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name } };

    private static JsonObject Map(string space, string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = space },
        ["data"] = new JsonObject { ["theirs"] = "1" },
    };

    private static IReadOnlyList<KubeObject> AddOn => ManifestReader.Parse(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: casemate-system, labels: {pod-security.kubernetes.io/enforce: baseline}}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: machines.example.dev}
        spec:
          group: example.dev
          scope: Namespaced
          names: {plural: machines, kind: Machine}
          versions: [{name: v1, served: true, storage: true}]
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: node, namespace: casemate-system}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: casemate}
        rules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings, namespace: casemate-system}
        data: {mode: plain}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: node, namespace: casemate-system}
        spec: {selector: {matchLabels: {app: node}}}
        ---
        apiVersion: example.dev/v1
        kind: Machine
        metadata: {name: m, namespace: casemate-system}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingWebhookConfiguration
        metadata: {name: casemate}
        webhooks: []
        """);
}
