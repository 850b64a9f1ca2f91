namespace Casemate.Node.NodeObject;

/// <summary>How an attestation of the node ended.</summary>
/// <param name="Succeeded">True only when the verifier accepted the node's evidence.</param>
/// <param name="Reason">One CamelCase word, from a closed list of the verifier.</param>
/// <param name="Message">A sentence.</param>
public sealed record NodeAttestationResult(bool Succeeded, string Reason, string Message)
{
    /// <summary>What the verifier said of the platform, whether it accepted it or not; null when it said nothing.</summary>
    public PlatformTcb? Platform { get; init; }
}
