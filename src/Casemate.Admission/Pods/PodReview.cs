using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>Judges one pod, once.</summary>
internal sealed partial class PodReview
{
    private const long MiB = 1L << 20;

    private readonly AdmissionSettings _settings;
    private readonly NamespaceFacts _namespace;
    private readonly JsonElement _pod;
    private readonly JsonElement? _metadata;
    private readonly JsonElement? _annotations;
    private readonly JsonElement? _spec;
    private readonly ImmutableArray<ReviewedContainer> _containers;
    private readonly ImmutableArray<ReviewedContainer> _ephemeral;
    private readonly ImmutableArray<NodeOffer> _reachable;
    private readonly ImmutableArray<NodeOffer> _offers;
    private readonly bool _knowsNodes;
    private readonly PatchBuilder _patch = new();
    private readonly List<AdmissionFinding> _findings = [];
    private readonly List<ClaimTemplate> _templates = [];
    private readonly HashSet<string> _providers;
    private ResourceFamily? _family;
    private string _familyReason = "";
    private long _bytes;

    public PodReview(JsonElement pod, NamespaceFacts inNamespace, ClusterFacts cluster, AdmissionSettings settings)
    {
        (_pod, _namespace, _settings) = (pod, inNamespace, settings);
        _metadata = PodShape.Object(pod, "metadata");
        _annotations = PodShape.Object(_metadata, "annotations");
        _spec = PodShape.Object(pod, "spec");
        _containers = [.. Read("initContainers"), .. Read("containers")];
        _ephemeral = [.. Read("ephemeralContainers")];
        _knowsNodes = !cluster.Nodes.IsEmpty;
        _reachable = _spec is { } spec ? [.. cluster.Nodes.Where(node => PodReach.Includes(spec, node))] : [];
        _offers = [.. _reachable.Where(node => node.Family is not null)];
        _providers = [.. (PodShape.Text(_annotations, PodNames.QuoteProvider) ?? "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }

    /// <summary>Judges the pod.</summary>
    /// <param name="changes">False where nothing of the pod can be changed any more: then only what is wrong is told.</param>
    /// <exception cref="MalformedPodException">A field has another type than Kubernetes gives it.</exception>
    public AdmissionDecision Decide(bool changes)
    {
        foreach (var container in _containers)
        {
            ReadAmounts(container);
        }

        MeasurePod();
        ChooseFamily();
        Lint();
        if (changes)
        {
            Complete();
        }

        var uses = UsesSgx();
        if (!uses && _findings.Count == 0)
        {
            return AdmissionDecision.Untouched;
        }

        var denied = _findings.Exists(finding => finding.Denies);
        return new AdmissionDecision
        {
            UsesSgx = uses,
            Patch = denied ? [] : [.. _patch.Operations],
            Findings = [.. _findings],
            ClaimTemplates = denied ? [] : [.. _templates],
            EpcBytes = _bytes,
            Family = _bytes > 0 && _settings.BackEnd is EpcBackEnd.Resource ? _family : null,
            FamilyReason = _bytes > 0 ? _familyReason : "",
        };
    }

    private bool UsesSgx() => _bytes > 0 || _providers.Count > 0
        || _containers.Any(container => !container.IsReadable || AccessResource.All.Any(name => container.Count(name) > 0));

    private void Complete()
    {
        foreach (var container in _containers)
        {
            if (_settings.BackEnd is EpcBackEnd.Claim)
            {
                Claim(container);
            }
            else
            {
                Translate(container);
                CompleteAccess(container);
            }

            CompleteAesm(container);
        }

        CompleteAesmVolume();
        Tolerate();
        Annotate();
    }

    private IEnumerable<ReviewedContainer> Read(string list) => PodShape.Items(_spec, list).Select((json, index) => new ReviewedContainer(
        json, list, index, list switch
        {
            "initContainers" => PodShape.Text(json, "restartPolicy") == "Always" ? ContainerKind.RestartableInit : ContainerKind.Init,
            _ => ContainerKind.Main,
        }, list == "ephemeralContainers"));

    private void Find(AdmissionFindingId id, string place, string message, string remedy, bool denies = false) =>
        _findings.Add(new AdmissionFinding(id, place, message, remedy, denies || _settings.Denied.Contains(id)));

    private bool HasAnnotation(string name) => PodShape.Has(_annotations, name);
}
