using Casemate.Node.Metrics;

namespace Casemate.Node.Dra;

/// <summary>A claim cannot be made ready.</summary>
/// <param name="message">One sentence for the kubelet, which shows it in the pod's events.</param>
/// <param name="result">Whether the claim is at fault or the machine and the API server; default: the claim.</param>
/// <param name="reason">The reason of the Event; see <see cref="ClaimReporter"/>.</param>
internal sealed class ClaimRefusedException(
    string message, ClaimResult result = ClaimResult.Refused, string reason = ClaimReporter.ClaimRefused) : Exception(message)
{
    /// <summary>What became of the claim.</summary>
    public ClaimResult Result { get; } = result;

    /// <summary>The reason of the Event.</summary>
    public string Reason { get; } = reason;
}
