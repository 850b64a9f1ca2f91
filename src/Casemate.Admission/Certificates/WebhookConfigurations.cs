using System.Text.Json.Nodes;

namespace Casemate.Admission;

/// <summary>
/// The objects that make the API server ask the webhook: which pods, where, how long it waits, and that a webhook that is down keeps no
/// pod from running. Without authorities, which the webhook writes itself.
/// </summary>
public static class WebhookConfigurations
{
    /// <summary>The name of the Service and of both configurations, unless said otherwise.</summary>
    public const string DefaultName = "casemate-webhook";

    /// <summary>The label of namespaces whose pods are never asked about; the value does not matter.</summary>
    public const string ExcludeLabel = "casemate.dev/webhook-exclude";

    /// <summary>How long the API server waits, in seconds.</summary>
    public const int TimeoutSeconds = 3;

    /// <summary>What completes pods. Down, it lets pods pass as they are.</summary>
    /// <param name="ownNamespace">The namespace of the webhook, which is left out like <c>kube-system</c>.</param>
    /// <param name="name">Its name, and that of the Service.</param>
    public static JsonObject Mutating(string ownNamespace, string name = DefaultName)
    {
        var hook = Hook("pods.casemate.dev", "/mutate", ownNamespace, name, "Ignore");
        hook["reinvocationPolicy"] = "IfNeeded";
        return Configuration("MutatingWebhookConfiguration", name, hook);
    }

    /// <summary>What refuses pods that may not be made: for clusters where a refusal must not be got around.</summary>
    /// <param name="ownNamespace">The namespace of the webhook, which is left out like <c>kube-system</c>.</param>
    /// <param name="failClosed">True: while the webhook is down, no pod with EPC or devices of SGX is made. Others still are.</param>
    /// <param name="name">Its name, and that of the Service.</param>
    public static JsonObject Validating(string ownNamespace, bool failClosed = false, string name = DefaultName)
    {
        var hook = Hook("validate.pods.casemate.dev", "/validate", ownNamespace, name, failClosed ? "Fail" : "Ignore");
        if (failClosed)
        {
            // A webhook that is down must not lock the cluster: it is asked about pods with SGX in them alone.
            hook["matchConditions"] = new JsonArray(new JsonObject
            {
                ["name"] = "uses-sgx",
                ["expression"] = "(object.spec.containers + object.spec.?initContainers.orValue([])).exists(c, "
                    + "c.?resources.?limits.orValue({}).exists(r, r.contains('sgx')) "
                    + "|| c.?resources.?requests.orValue({}).exists(r, r.contains('sgx')))",
            });
        }

        return Configuration("ValidatingWebhookConfiguration", name, hook);
    }

    private static JsonObject Configuration(string kind, string name, JsonObject hook) => new()
    {
        ["apiVersion"] = "admissionregistration.k8s.io/v1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = name } },
        ["webhooks"] = new JsonArray(hook),
    };

    private static JsonObject Hook(string hookName, string path, string ownNamespace, string service, string failurePolicy) => new()
    {
        ["name"] = hookName,
        ["admissionReviewVersions"] = new JsonArray("v1"),
        ["sideEffects"] = "NoneOnDryRun",
        ["failurePolicy"] = failurePolicy,
        ["matchPolicy"] = "Equivalent",
        ["timeoutSeconds"] = TimeoutSeconds,
        ["clientConfig"] = new JsonObject
        {
            ["service"] = new JsonObject { ["namespace"] = ownNamespace, ["name"] = service, ["path"] = path, ["port"] = 443 },
        },
        ["rules"] = new JsonArray(
            Rule("CREATE", "pods"), Rule("UPDATE", "pods/ephemeralcontainers")),
        ["namespaceSelector"] = new JsonObject
        {
            ["matchExpressions"] = new JsonArray(
                new JsonObject
                {
                    ["key"] = "kubernetes.io/metadata.name",
                    ["operator"] = "NotIn",
                    ["values"] = new JsonArray("kube-system", ownNamespace),
                },
                new JsonObject { ["key"] = ExcludeLabel, ["operator"] = "DoesNotExist" }),
        },
    };

    private static JsonObject Rule(string operation, string resource) => new()
    {
        ["apiGroups"] = new JsonArray(""),
        ["apiVersions"] = new JsonArray("v1"),
        ["operations"] = new JsonArray(operation),
        ["resources"] = new JsonArray(resource),
        ["scope"] = "Namespaced",
    };
}
