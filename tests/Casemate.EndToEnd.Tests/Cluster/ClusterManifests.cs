using System.Text.Json.Nodes;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>The objects that the suite makes in a cluster.</summary>
internal static class ClusterManifests
{
    public const string Agent = "casemate-node";

    private static readonly string[] s_kubeletDirectories =
        ["/var/lib/kubelet/device-plugins", "/var/lib/kubelet/pod-resources", "/var/lib/kubelet/plugins", "/var/lib/kubelet/plugins_registry", "/var/run/cdi"];

    /// <summary>The agent on one node.</summary>
    public static JsonObject DaemonSet(string image, string node, IEnumerable<string> arguments) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = Agent },
        ["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = Labels() },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = Labels() },
                ["spec"] = new JsonObject
                {
                    ["serviceAccountName"] = Agent,
                    ["nodeSelector"] = On(node),
                    ["terminationGracePeriodSeconds"] = 10,
                    ["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" }),
                    ["containers"] = new JsonArray(new JsonObject
                    {
                        ["name"] = "agent",
                        ["image"] = image,
                        ["args"] = new JsonArray([.. arguments.Select(argument => (JsonNode)argument)]),
                        ["env"] = new JsonArray(new JsonObject
                        {
                            ["name"] = "NODE_NAME",
                            ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = "spec.nodeName" } },
                        }),
                        ["securityContext"] = new JsonObject { ["runAsUser"] = 0 },
                        ["volumeMounts"] = new JsonArray([.. s_kubeletDirectories.Select((path, i) => (JsonNode)new JsonObject
                        {
                            ["name"] = $"v{i}",
                            ["mountPath"] = path,
                        })]),
                    }),
                    ["volumes"] = new JsonArray([.. s_kubeletDirectories.Select((path, i) => (JsonNode)new JsonObject
                    {
                        ["name"] = $"v{i}",
                        ["hostPath"] = new JsonObject { ["path"] = path, ["type"] = "DirectoryOrCreate" },
                    })]),
                },
            },
        },
    };

    /// <summary>A pod that stays, with amounts of resources and claims.</summary>
    public static JsonObject Pod(
        string name, string image, string node, IEnumerable<(string Resource, string Amount)> resources, IEnumerable<string> claims)
    {
        var limits = new JsonObject();
        foreach (var (resource, amount) in resources)
        {
            limits[resource] = amount;
        }

        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject
            {
                ["restartPolicy"] = "Never",
                ["terminationGracePeriodSeconds"] = 0,
                ["nodeSelector"] = On(node),
                ["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" }),
                ["resourceClaims"] = new JsonArray([.. claims.Select(claim => (JsonNode)new JsonObject
                {
                    ["name"] = claim,
                    ["resourceClaimName"] = claim,
                })]),
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = "main",
                    ["image"] = image,

                    // A program of this image that stays: an agent without hardware and without a kubelet.
                    ["args"] = new JsonArray("node", "--simulate", "no-tee", "--kubelet-dir", "/tmp", "--http", "off"),
                    ["resources"] = new JsonObject
                    {
                        ["limits"] = limits,
                        ["claims"] = new JsonArray([.. claims.Select(claim => (JsonNode)new JsonObject { ["name"] = claim })]),
                    },
                }),
            },
        };
    }

    /// <summary>A claim for EPC.</summary>
    public static JsonObject Claim(string name, string deviceClass, string epc) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["devices"] = new JsonObject
            {
                ["requests"] = new JsonArray(new JsonObject
                {
                    ["name"] = "epc",
                    ["exactly"] = new JsonObject
                    {
                        ["deviceClassName"] = deviceClass,
                        ["capacity"] = new JsonObject { ["requests"] = new JsonObject { ["epc"] = epc } },
                    },
                }),
            },
        },
    };

    /// <summary>The class of EPC devices, as it is shipped, under a name of the suite's own.</summary>
    public static JsonObject DeviceClass(string name) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["selectors"] = new JsonArray(new JsonObject
            {
                ["cel"] = new JsonObject
                {
                    ["expression"] = "device.driver == \"sgx.casemate.dev\" && device.attributes[\"sgx.casemate.dev\"].kind == \"epc\"",
                },
            }),
        },
    };

    /// <summary>What the agent does in the cluster.</summary>
    public static JsonObject ClusterRole(string name) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["rules"] = new JsonArray(
            Rule("", ["nodes", "pods"], ["get", "list", "watch"]),
            Rule("", ["nodes", "nodes/status"], ["patch"]),
            Rule("events.k8s.io", ["events"], ["create", "patch"]),
            Rule("resource.k8s.io", ["resourceclaims"], ["get"]),
            Rule("resource.k8s.io", ["resourceslices"], ["list", "watch", "create", "patch", "delete"])),
    };

    public static JsonObject ClusterRoleBinding(string name, string namespaceName) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = name },
        ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = Agent, ["namespace"] = namespaceName }),
    };

    private static JsonObject Rule(string group, string[] resources, string[] verbs) => new()
    {
        ["apiGroups"] = new JsonArray(group),
        ["resources"] = new JsonArray([.. resources.Select(resource => (JsonNode)resource)]),
        ["verbs"] = new JsonArray([.. verbs.Select(verb => (JsonNode)verb)]),
    };

    private static JsonObject Labels() => new() { ["app"] = Agent };

    private static JsonObject On(string node) => new() { ["kubernetes.io/hostname"] = node };
}
