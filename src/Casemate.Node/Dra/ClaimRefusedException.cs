namespace Casemate.Node.Dra;

/// <summary>A claim cannot be made ready.</summary>
/// <param name="message">One sentence for the kubelet, which shows it in the pod's events.</param>
internal sealed class ClaimRefusedException(string message) : Exception(message);
