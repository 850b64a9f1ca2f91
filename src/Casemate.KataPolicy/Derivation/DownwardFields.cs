using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Derivation;

/// <summary>Values of fields of the pod in variables. Source: kubernetes/kubernetes pkg/fieldpath.</summary>
internal static class DownwardFields
{
    /// <summary>The value in the rules' form; null where there is none, which was then said.</summary>
    public static string? ValueOf(ContainerSubject subject, EnvVariable variable, string field)
    {
        switch (field)
        {
            case "metadata.name":
                return PolicyText.SandboxName;
            case "metadata.namespace":
                return subject.Workload.Namespace is { } name ? PolicyText.Literal(name) : PolicyText.SandboxNamespace;
            case "metadata.uid":
                return PolicyText.PodUid;
            case "spec.nodeName":
                return PolicyText.NodeName;
            case "spec.serviceAccountName":
                return PolicyText.Literal(subject.Pod.ServiceAccountName ?? "default");
            case "status.hostIP":
                return PolicyText.HostIp;
            case "status.podIP":
                return PolicyText.PodIp;
            case "status.hostIPs" or "status.podIPs":
                subject.Warning(
                    variable.Path, $"{field} is accepted with one address, and refused in a cluster that gives pods two",
                    $"Use {field[..^1]}");
                return field is "status.hostIPs" ? PolicyText.HostIp : PolicyText.PodIp;
            default:
                return OfMap(subject, variable, field);
        }
    }

    private static string? OfMap(ContainerSubject subject, EnvVariable variable, string field)
    {
        foreach (var (prefix, entries) in new[] { ("metadata.labels['", subject.Workload.Labels),
            ("metadata.annotations['", subject.Workload.Annotations) })
        {
            if (field.StartsWith(prefix, StringComparison.Ordinal) && field.EndsWith("']", StringComparison.Ordinal)
                && field.Length > prefix.Length + 2)
            {
                var key = field[prefix.Length..^2];
                if (entries.LastOrDefault(entry => entry.Name == key) is { } entry)
                {
                    return PolicyText.Literal(entry.Value);
                }

                subject.Warning(
                    variable.Path,
                    $"the document does not have {Shown.Of(field)}, so any value of the variable {Shown.Of(variable.Name)} is accepted",
                    "Write the label or annotation into the pod's metadata");
                return PolicyText.AnyValue;
            }
        }

        subject.Error(
            variable.Path, $"'{Shown.Of(field)}' is not a field that variables can have",
            "See the Kubernetes documentation of the downward API");
        return null;
    }
}
