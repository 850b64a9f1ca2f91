using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>
/// What is wrong with the documents of a file: all that the webhook would say of its pods, in the same words, and the mistakes of the
/// guides that it may have been copied from. A pure function; no network, no cluster.
/// </summary>
public static class ManifestLint
{
    /// <summary>Of how many findings of one pod it is worked out how to mend them: no pod that people write has more.</summary>
    private const int MaxMended = 200;

    /// <summary>Looks at the documents of one file.</summary>
    /// <param name="documents">Kubernetes objects of any kind, and AKS-Engine models; whatever else there is gives no finding.</param>
    /// <param name="inNamespace">The namespace of pods that name none.</param>
    /// <param name="cluster">What is known of the cluster.</param>
    /// <param name="settings">How the webhook judges there.</param>
    /// <returns>The findings, document by document, in the order of the rules.</returns>
    public static ImmutableArray<LintFinding> Check(
        IReadOnlyList<JsonElement> documents, string inNamespace, ClusterFacts cluster, AdmissionSettings settings)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(inNamespace);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(settings);
        var findings = ImmutableArray.CreateBuilder<LintFinding>();
        var names = new EpcNames();
        for (var i = 0; i < documents.Count; i++)
        {
            var found = GuideModel.Check(documents[i]).Concat(GuideNode.Check(documents[i]));
            foreach (var template in PodTemplate.Find(documents[i]))
            {
                found = found.Concat(Check(template, inNamespace, cluster, settings, names));
            }

            foreach (var finding in found)
            {
                findings.Add(finding with { Document = i });
            }
        }

        return findings.ToImmutable();
    }

    private static IEnumerable<LintFinding> Check(
        PodTemplate template, string inNamespace, ClusterFacts cluster, AdmissionSettings settings, EpcNames names)
    {
        if (template.Problem is { } problem)
        {
            return [Finding(problem, problem.Path)];
        }

        var pod = new LintPod(template);
        var decision = PodAdmission.Decide(template.Pod, new NamespaceFacts(template.Namespace ?? inNamespace), cluster, settings);
        return decision.Findings.Select((finding, index) =>
            {
                var found = Finding(Suited(finding, pod), pod.InDocument(finding.Path));
                return index < MaxMended ? PodMending.Add(found, finding, pod) : found;
            })
            .Concat(GuidePod.Check(pod)).Concat(names.Check(pod));
    }

    // What holds for those who want EPC does not hold for what offers it: a plugin looks at the device nodes, and asks for none of it.
    private static AdmissionFinding Suited(AdmissionFinding finding, LintPod pod) =>
        finding.Id is AdmissionFindingId.HostDevice && pod.IsDevicePlugin
            ? finding with
            {
                Message = "The device plugin mounts a device of the host.",
                Remedy = "To look at a device node takes no privilege: mount the nodes one by one and read-only, not their directory.",
            }
            : finding;

    private static LintFinding Finding(AdmissionFinding finding, string path) =>
        new(finding.Id.ToString(), finding.Denies ? LintSeverity.Error : SeverityOf(finding.Id), finding.Message, finding.Remedy)
        {
            Path = path,
        };

    // The webhook warns where the pod would be made; a file is wrong where the pod would not do what is meant.
    private static LintSeverity SeverityOf(AdmissionFindingId id) => id switch
    {
        AdmissionFindingId.AmountsDiffer or AdmissionFindingId.ProvisionNotAllowed or AdmissionFindingId.AmountInBytes
            or AdmissionFindingId.AmountWithSuffix or AdmissionFindingId.AmountUnreadable or AdmissionFindingId.UnknownResource
            or AdmissionFindingId.LargerThanNodes or AdmissionFindingId.NoNodeOffers or AdmissionFindingId.ValueNotText
            or AdmissionFindingId.EphemeralResources or AdmissionFindingId.MalformedPod => LintSeverity.Error,
        AdmissionFindingId.Privileged or AdmissionFindingId.HostDevice or AdmissionFindingId.UserNamespace
            or AdmissionFindingId.QuotesWithoutHelper or AdmissionFindingId.UnknownQuoteProvider => LintSeverity.Warning,
        _ => throw new ArgumentOutOfRangeException(nameof(id), id, "It is no finding."),
    };

    /// <summary>The names for EPC that a file has used so far.</summary>
    private sealed class EpcNames
    {
        private readonly List<ResourceFamily> _seen = [];

        public IEnumerable<LintFinding> Check(LintPod pod)
        {
            foreach (var (container, path) in pod.Containers)
            {
                foreach (var map in (string[])["limits", "requests"])
                {
                    foreach (var member in LooseJson.Members(LooseJson.Get(container, "resources", map)))
                    {
                        if (ResourceFamily.TryFind(member.Name, out var family) && family.Name == member.Name && !_seen.Contains(family))
                        {
                            _seen.Add(family);
                            if (_seen.Count > 1)
                            {
                                yield return GuideRules.Finding(GuideRule.GL18, GuideRules.SeveralNames(_seen[0], family)) with
                                {
                                    Path = PodPath.Member($"{path}.resources.{map}", family.Name),
                                };
                            }
                        }
                    }
                }
            }
        }
    }
}
