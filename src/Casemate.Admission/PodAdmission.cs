using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Primitives.Json;

namespace Casemate.Admission;

/// <summary>
/// Judges pods: a pure function of the pod, what is known of its namespace and cluster, and the settings. The same pod with the patch
/// applied gives an empty patch.
/// </summary>
public static class PodAdmission
{
    /// <summary>Judges a pod that is about to be made.</summary>
    /// <param name="pod">The pod, or a pod template: <c>metadata</c> and <c>spec</c>. Valid as long as the call runs.</param>
    /// <param name="inNamespace">Its namespace.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="settings">The settings.</param>
    public static AdmissionDecision Decide(JsonElement pod, NamespaceFacts inNamespace, ClusterFacts cluster, AdmissionSettings settings) =>
        Decide(pod, inNamespace, cluster, settings, changes: true);

    /// <summary>As the other, for the bytes of a pod.</summary>
    /// <param name="pod">UTF-8 JSON.</param>
    /// <param name="inNamespace">Its namespace.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="changes">False where the pod cannot be changed any more: then only what is wrong is told.</param>
    /// <param name="decision">The judgement.</param>
    /// <param name="error">What is wrong with the text; null after success.</param>
    public static bool TryDecide(
        ReadOnlyMemory<byte> pod, NamespaceFacts inNamespace, ClusterFacts cluster, AdmissionSettings settings, bool changes,
        out AdmissionDecision decision, out string? error)
    {
        decision = AdmissionDecision.Untouched;
        if (!PodInterest.MayUseSgx(pod.Span) && inNamespace is not null)
        {
            error = null;
            return true;
        }

        if (!StrictJson.TryParse(pod, out var document, out error, KubeObject.MaxDepth))
        {
            return false;
        }

        using (document)
        {
            decision = Decide(document.RootElement, inNamespace!, cluster, settings, changes);
            return true;
        }
    }

    private static AdmissionDecision Decide(
        JsonElement pod, NamespaceFacts inNamespace, ClusterFacts cluster, AdmissionSettings settings, bool changes)
    {
        ArgumentNullException.ThrowIfNull(inNamespace);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(settings);
        try
        {
            return new PodReview(pod, inNamespace, cluster, settings).Decide(changes);
        }
        catch (MalformedPodException exception)
        {
            // The API server decodes pods before it asks, so this is no pod of its own making: nothing in it can be relied on.
            return new AdmissionDecision
            {
                Findings =
                [
                    new AdmissionFinding(
                        AdmissionFindingId.MalformedPod, MalformedField.PlaceOf(pod, exception), exception.Message + ".", "Compare the pod with 'kubectl explain pod'.",
                        settings.Denied.Contains(AdmissionFindingId.MalformedPod)),
                ],
            };
        }
    }
}
