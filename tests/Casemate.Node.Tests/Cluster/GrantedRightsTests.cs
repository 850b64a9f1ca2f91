using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Dra;
using Casemate.Node.NodeObject;
using Casemate.Node.Tests.NodeObject;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.Cluster;

/// <summary>What the manifests let the agent do, against what it asks an API server for.</summary>
public sealed class GrantedRightsTests
{
    private const string Roles = "deploy/bases/node/10-rbac.yaml";
    private const string DraRoles = "deploy/bases/dra/20-rbac.yaml";

    private readonly TestAttestation _attestation = new();

    [Fact]
    public async Task TheAgent_MayDoWhatItDoes_AndNothingElse()
    {
        var granted = Granted(Roles).ToHashSet();

        var asked = await WorkAsync(dra: false);

        Assert.Equal(granted.Order(), asked.Order());
    }

    [Fact]
    public async Task TheAgentWithDra_NeedsThoseRolesToo()
    {
        var granted = Granted(Roles).Concat(Granted(DraRoles)).ToHashSet();

        var asked = await WorkAsync(dra: true);

        Assert.Empty(asked.Except(granted));
        Assert.Contains("patch resource.k8s.io/resourceslices", asked);
    }

    [Theory]
    [InlineData(Roles)]
    [InlineData(DraRoles)]
    public void NoRole_HasWildcardsOrSecrets(string file)
    {
        Assert.DoesNotContain(Granted(file), right => right.Contains('*', StringComparison.Ordinal)
            || right.Contains("secret", StringComparison.Ordinal) || right.Contains("escalate", StringComparison.Ordinal)
            || right.Contains("impersonate", StringComparison.Ordinal) || right.Contains("bind", StringComparison.Ordinal));
    }

    /// <summary>Everything that an agent does to its Node: from the first look to its removal.</summary>
    private async Task<HashSet<string>> WorkAsync(bool dra)
    {
        await using var cluster = await ClusterFixture.StartAsync(
            "dc48s_v3",
            options => options with { Attestation = _attestation, Quotes = new TestQuotes(null) },
            changeAgent: (options, client) => dra
                ? options with
                {
                    Advertisement = new AdvertisementSettings { Dra = true },
                    Dra = new DraSettings
                    {
                        Client = client,
                        PluginDirectory = Path.GetDirectoryName(options.DevicePlugin.Directory)! + "/plugins",
                        RegistryDirectory = Path.GetDirectoryName(options.DevicePlugin.Directory)! + "/plugins_registry",
                        CdiDirectory = Path.GetDirectoryName(options.DevicePlugin.Directory)! + "/cdi",
                    },
                }
                : options with { Advertisement = new AdvertisementSettings { TaintByFamily = true } },
            waitForReady: !dra,
            taints: NodeMarks.StartupTaint);
        if (dra)
        {
            await cluster.Server.UntilAsync(() =>
                cluster.Server.All(KubeResource.ResourceSlices).Count > 0 && cluster.Node.Object.Labels.ContainsKey("tee"));
            return Asked(cluster.Server);
        }

        await cluster.SettleAsync();
        await cluster.Server.UntilAsync(() =>
            cluster.Node.Object.Labels.ContainsKey(NodeMarks.AttestedLabel) && cluster.Server.OpenWatches >= 2);
        cluster.Link.Notify(new NodeNotice("HardwareChanged", "It changed.", Warning: false));
        cluster.Link.Notify(new NodeNotice("HardwareChanged", "It changed.", Warning: false));
        await cluster.Server.UntilAsync(() => cluster.Server.Requests.Any(request =>
            request.Method == "PATCH" && request.Path.Contains("/events/", StringComparison.Ordinal)));
        await cluster.Link.DisposeAsync();
        await new NodeObjectReconciler(cluster.Client, new NodeObjectSettings { NodeName = ClusterFixture.Name }).RemoveAsync();
        return Asked(cluster.Server);
    }

    private static HashSet<string> Asked(TestApiServer server) => [.. server.Requests.Select(Right)];

    // The API server's own rule: authorization is by verb, group, resource and namespace (Kubernetes, "Determine the Request Verb").
    private static string Right(ApiRequest request)
    {
        var parts = request.Path.Split('/');
        var group = parts[0] == "api" ? "" : parts[1];
        string[] rest = parts[(parts[0] == "api" ? 2 : 3)..];
        var space = "";
        if (rest is ["namespaces", var name, _, ..])
        {
            (space, rest) = (name, rest[2..]);
        }

        var verb = (request.Method, rest.Length) switch
        {
            ("GET", 1) when request.IsWatch => "watch",
            ("GET", 1) => "list",
            ("GET", _) => "get",
            ("POST", _) => "create",
            ("PATCH", _) => "patch",
            ("PUT", _) => "update",
            ("DELETE", 1) => "deletecollection",
            ("DELETE", _) => "delete",
            var other => other.Method,
        };
        var resource = rest.Length > 2 ? $"{rest[0]}/{rest[2]}" : rest[0];
        return Write(verb, group, resource, space);
    }

    private static IEnumerable<string> Granted(string file)
    {
        foreach (var role in Manifest.Load(file).Where(document => Manifest.Text(document, "kind") is "ClusterRole" or "Role"))
        {
            var space = Manifest.Text(role, "kind") == "Role" ? Manifest.Text(role, "metadata", "namespace") : "";
            foreach (var rule in Manifest.List(role, "rules"))
            {
                foreach (var verb in Manifest.Words(rule, "verbs"))
                {
                    foreach (var resource in Manifest.Words(rule, "resources"))
                    {
                        yield return Write(verb, Assert.Single(Manifest.Words(rule, "apiGroups")), resource, space);
                    }
                }
            }
        }
    }

    private static string Write(string verb, string group, string resource, string space) =>
        $"{verb} {(group.Length > 0 ? group + "/" : "")}{resource}{(space.Length > 0 ? $" in {space}" : "")}";
}
