using System.Text.Json.Nodes;

namespace Casemate.Admission;

/// <summary>A ResourceClaimTemplate that a changed pod refers to; one for each amount, shared by the pods of a namespace.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DeviceClass">The class of devices, such as <c>sgx-epc</c>.</param>
/// <param name="EpcMiB">The EPC in MiB; null for devices without an amount.</param>
public sealed record ClaimTemplate(string Name, string DeviceClass, long? EpcMiB)
{
    /// <summary>The label by which all of them are found.</summary>
    public const string ManagedByLabel = "app.kubernetes.io/managed-by";

    /// <summary>Its value on what the webhook makes: templates, and the Secret with its certificate.</summary>
    public const string ManagedByWebhook = "casemate-webhook";

    /// <summary>The object, without a namespace.</summary>
    public JsonObject ToObject()
    {
        var exactly = new JsonObject { ["deviceClassName"] = DeviceClass };
        if (EpcMiB is { } amount)
        {
            exactly["capacity"] = new JsonObject { ["requests"] = new JsonObject { ["epc"] = FormattableString.Invariant($"{amount}Mi") } };
        }

        var request = new JsonObject { ["name"] = EpcMiB is null ? "device" : "epc", ["exactly"] = exactly };
        return new JsonObject
        {
            ["apiVersion"] = "resource.k8s.io/v1",
            ["kind"] = "ResourceClaimTemplate",
            ["metadata"] = new JsonObject { ["name"] = Name, ["labels"] = new JsonObject { [ManagedByLabel] = ManagedByWebhook } },
            ["spec"] = new JsonObject
            {
                ["spec"] = new JsonObject { ["devices"] = new JsonObject { ["requests"] = new JsonArray(request) } },
            },
        };
    }
}
