namespace Casemate.Admission;

/// <summary>Something in a pod that its author should know.</summary>
/// <param name="Id">What, as a word: public API.</param>
/// <param name="Path">Where in the pod, as <c>spec.containers[0].resources.limits['sgx.intel.com/epc']</c>.</param>
/// <param name="Message">What is wrong: one sentence.</param>
/// <param name="Remedy">What to write instead: one sentence; may be empty.</param>
/// <param name="Denies">True when the pod is refused for it.</param>
public sealed record AdmissionFinding(AdmissionFindingId Id, string Path, string Message, string Remedy, bool Denies);
