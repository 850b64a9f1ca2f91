using System.Text.Json;

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

    /// <summary>As the other; without <paramref name="changes"/> only what is wrong is told, for a pod that cannot be changed any more.</summary>
    internal static AdmissionDecision Decide(
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
