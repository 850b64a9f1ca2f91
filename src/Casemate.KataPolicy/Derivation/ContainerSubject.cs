using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Derivation;

/// <summary>One container in derivation, with all that its policy follows from. Findings are added as they come.</summary>
/// <param name="Workload">What makes the pod.</param>
/// <param name="Spec">The container of the pod; null for the pause container, which no document describes.</param>
/// <param name="Start">How its image starts it.</param>
/// <param name="Inputs">ConfigMaps and Secrets.</param>
/// <param name="Profile">What the runtime does.</param>
/// <param name="Findings">What was noticed so far.</param>
internal sealed record ContainerSubject(
    Workload Workload, ContainerSpec? Spec, ImageStart Start, PodInputs Inputs, RuntimeProfile Profile, List<PolicyFinding> Findings)
{
    public PodSpec Pod => Workload.Pod;

    public bool IsPause => Spec is null;

    public bool IsPrivileged => Spec is { SecurityContext.Privileged: true };

    /// <summary>What the runtime gives to containers of this kind.</summary>
    public ContainerProfile Kind => IsPause ? Profile.Pause : Profile.Workload;

    /// <summary>The name in findings.</summary>
    public string Name => Spec?.Name ?? "pause";

    /// <summary>The place in the document; the pod's for the pause container.</summary>
    public string Path => Spec?.Path ?? Pod.Path;

    public void Error(string path, string message, string remedy) => Findings.Add(PolicyFinding.Error(path, message, remedy));

    public void Warning(string path, string message, string remedy) => Findings.Add(PolicyFinding.Warning(path, message, remedy));

    /// <summary>Says something once, however many containers it concerns.</summary>
    public void NoteOnce(PolicyFinding finding)
    {
        if (!Findings.Contains(finding))
        {
            Findings.Add(finding);
        }
    }
}
