using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Kubernetes;

namespace Casemate.Cli.Deploy;

/// <summary>
/// The sample workload: a Job of one pod that asks the quote helper of its node for evidence and prints it. It passes Pod Security
/// <i>restricted</i>: no user that is root, no privilege, nothing of the host; the helper's socket comes with the device.
/// </summary>
internal sealed record HelloWorkload
{
    /// <summary>The label by which its pod is found; its value is the Job's name.</summary>
    public const string Label = "casemate.dev/hello";

    /// <summary>The pod's only container.</summary>
    public const string Container = "hello";

    private const int User = 65532;
    private const int SecondsKept = 600;

    /// <summary>The Job's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The image of the program.</summary>
    public required string Image { get; init; }

    /// <summary>What it asks of the node.</summary>
    public required DeviceOffer Device { get; init; }

    /// <summary>The kind of evidence.</summary>
    public required Tee Tee { get; init; }

    /// <summary>The 64 bytes that the evidence is over.</summary>
    public required byte[] ReportData { get; init; }

    /// <summary>How long it may take in all.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>Whether it stays after its end. Default: it goes by itself after ten minutes, should nobody be left to remove it.</summary>
    public bool IsKept { get; init; }

    /// <summary>What its container runs.</summary>
    public IReadOnlyList<string> Command =>
    [
        "casemate", "quote", "--armor", "--tee", KbsTee.NameOf(Tee), "--data", Convert.ToHexStringLower(ReportData),
        "--wait", Math.Min(60, (int)Limit.TotalSeconds).ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>The Job.</summary>
    public JsonObject ToManifest()
    {
        var spec = new JsonObject
        {
            ["backoffLimit"] = 0,
            ["activeDeadlineSeconds"] = (int)Limit.TotalSeconds,
        };
        if (!IsKept)
        {
            spec["ttlSecondsAfterFinished"] = SecondsKept;
        }

        spec["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = Labels() }, ["spec"] = Pod() };
        return new JsonObject
        {
            ["apiVersion"] = KubeResource.Jobs.ApiVersion,
            ["kind"] = KubeResource.Jobs.Kind,
            ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = Namespace, ["labels"] = Labels() },
            ["spec"] = spec,
        };
    }

    /// <summary>
    /// What the pod's claim is made of, under the Job's name; null where the device has the name of a resource. The Job owns it, and it goes
    /// with the Job, whoever removes that.
    /// </summary>
    /// <param name="jobUid">The Job's UID; null where there is no Job yet.</param>
    public JsonObject? ToClaimTemplate(string? jobUid)
    {
        if (Device is not ClaimOffer claim)
        {
            return null;
        }

        var metadata = new JsonObject { ["name"] = Name, ["namespace"] = Namespace, ["labels"] = Labels() };
        if (jobUid is not null)
        {
            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = KubeResource.Jobs.ApiVersion,
                ["kind"] = KubeResource.Jobs.Kind,
                ["name"] = Name,
                ["uid"] = jobUid,
            });
        }

        return new JsonObject
        {
            ["apiVersion"] = KubeResource.ResourceClaimTemplates.ApiVersion,
            ["kind"] = KubeResource.ResourceClaimTemplates.Kind,
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["spec"] = new JsonObject { ["devices"] = new JsonObject { ["requests"] = new JsonArray(claim.ToRequest()) } },
            },
        };
    }

    private JsonObject Pod()
    {
        var pod = PodOfResources();
        if (Device is ClaimOffer)
        {
            pod["resourceClaims"] = new JsonArray(new JsonObject { ["name"] = ClaimOffer.Claim, ["resourceClaimTemplateName"] = Name });
        }

        return pod;
    }

    private JsonObject PodOfResources() => new()
    {
        ["restartPolicy"] = "Never",
        ["automountServiceAccountToken"] = false,
        ["enableServiceLinks"] = false,

        // Nodes may be set apart for what asks for their EPC; without the webhook nobody else adds this.
        ["tolerations"] = new JsonArray([.. ResourceFamily.All.Select(family => family.Name).Append(AccessResource.Enclave).Select(
            name => (JsonNode)new JsonObject { ["key"] = name, ["operator"] = "Exists", ["effect"] = "NoSchedule" })]),
        ["securityContext"] = new JsonObject
        {
            ["runAsNonRoot"] = true,
            ["runAsUser"] = User,
            ["runAsGroup"] = User,
            ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
        },
        ["containers"] = new JsonArray(new JsonObject
        {
            ["name"] = Container,
            ["image"] = Image,
            ["imagePullPolicy"] = "IfNotPresent",
            ["command"] = new JsonArray([.. Command.Select(word => (JsonNode)word)]),
            ["resources"] = Resources(),
            ["securityContext"] = new JsonObject
            {
                ["allowPrivilegeEscalation"] = false,
                ["readOnlyRootFilesystem"] = true,
                ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
            },
            ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "tmp", ["mountPath"] = "/tmp" }),
        }),
        ["volumes"] = new JsonArray(new JsonObject
        {
            ["name"] = "tmp",
            ["emptyDir"] = new JsonObject { ["medium"] = "Memory", ["sizeLimit"] = "16Mi" },
        }),
    };

    private JsonObject Resources()
    {
        var limits = new JsonObject { ["memory"] = "128Mi" };
        var resources = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "64Mi" }, ["limits"] = limits };
        switch (Device)
        {
            case EpcOffer epc:
                limits[epc.Name] = epc.Amount;
                if (epc.NeedsEnclave)
                {
                    limits[AccessResource.Enclave] = "1";
                }

                break;
            case ClaimOffer:
                resources["claims"] = new JsonArray(new JsonObject { ["name"] = ClaimOffer.Claim });
                break;
            default:
                throw new InvalidOperationException($"The offer {Device} is not handled.");
        }

        return resources;
    }

    private JsonObject Labels() => new()
    {
        ["app.kubernetes.io/name"] = "casemate-hello",
        ["app.kubernetes.io/managed-by"] = "casemate",
        [Label] = Name,
    };
}
