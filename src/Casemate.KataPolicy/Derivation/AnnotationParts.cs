using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Manifests;
using Casemate.Oci;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Derives annotations: the runtime's, and the pod's with their values. Sources: containerd, CRI server, "annotations"; the profile.
/// </summary>
internal static class AnnotationParts
{
    private const string Cri = "io.kubernetes.cri.";
    private const string Uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

    public static IReadOnlyDictionary<string, string> Of(ContainerSubject subject, string? imageName)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in subject.Kind.Annotations)
        {
            annotations[key] = value;
        }

        annotations[Cri + "sandbox-name"] = subject.Workload.PodNamePattern;
        annotations[Cri + "sandbox-namespace"] = subject.Workload.Namespace ?? "";
        if (subject.IsPause)
        {
            annotations["nerdctl/network-namespace"] = $"^/var/run/netns/cni{(subject.Pod.HostNetwork ? "test" : "")}-{Uuid}$";
        }
        else
        {
            annotations[Cri + "container-name"] = subject.Name;
            if (imageName is not null)
            {
                annotations[Cri + "image-name"] = imageName;
            }
        }

        // Where images are locked, generation writes their tags into the YAML: the policy must be the same before and after.
        foreach (var own in subject.Workload.Annotations.Where(own => !own.Name.StartsWith(PolicyAnnotation.ImageTagPrefix, StringComparison.Ordinal)))
        {
            if (own.Name.StartsWith(Cri, StringComparison.Ordinal)
                || own.Name.StartsWith(OciPolicy.RuntimesOwnAnnotations, StringComparison.Ordinal)
                || !annotations.TryAdd(own.Name, own.Value))
            {
                if (subject.IsPause)
                {
                    subject.Error(
                        own.Path, $"the annotation '{Shown.Of(own.Name)}' is the runtime's own, and is not compared with the pod's",
                        "Remove it");
                }
            }
        }

        return annotations;
    }

    /// <summary>Annotations that come or do not come, by how the node is set up.</summary>
    public static IReadOnlyDictionary<string, string> Patterns(ContainerSubject subject)
    {
        var patterns = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!subject.IsPause)
        {
            patterns["^io\\.kubernetes\\.container\\.terminationMessagePath$"] = "^/.*$";
            patterns["^io\\.kubernetes\\.container\\.terminationMessagePolicy$"] = "^(File|FallbackToLogsOnError)$";
        }

        if (DeviceParts.PassedThrough(subject) > 0)
        {
            patterns[subject.Profile.Vfio.AnnotationKey] = subject.Profile.Vfio.AnnotationValue;
        }

        return patterns;
    }

    /// <summary>The name that a runtime gives to an image that no digest locks.</summary>
    public static string? NameOf(string image) =>
        ImageReference.TryParse(image, out var reference, out _) ? ImageResolver.Canonical(reference) : null;
}
