namespace Casemate.Testing.Kubelet;

/// <summary>A pod is not admitted to the node (UnexpectedAdmissionError).</summary>
public sealed class AdmissionException(string message, Exception? cause = null) : Exception(message, cause);
