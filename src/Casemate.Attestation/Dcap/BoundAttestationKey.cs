using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// An attestation key that a quoting enclave of one platform bound, ready to verify, and the TCB evaluation that its last quote led
/// to. The evaluation depends on nothing that changes with time: collateral, the platform's and the module's SVNs.
/// </summary>
/// <param name="key">The key.</param>
internal sealed class BoundAttestationKey(VerifyingKey key)
{
    private LastEvaluation? _last;

    public VerifyingKey Key { get; } = key;

    /// <summary>The last evaluation, if it was for the same collateral and the same SVNs; null otherwise.</summary>
    public TcbEvaluation? Find(PreparedCollateral collateral, ReadOnlySpan<byte> teeTcbSvn, ReadOnlySpan<byte> teeTcbSvn2) =>
        Volatile.Read(ref _last) is { } last && ReferenceEquals(last.Collateral, collateral)
        && teeTcbSvn.SequenceEqual(last.TeeTcbSvn) && teeTcbSvn2.SequenceEqual(last.TeeTcbSvn2)
            ? last.Evaluation
            : null;

    /// <summary>Remembers an evaluation.</summary>
    public void Remember(
        PreparedCollateral collateral, ReadOnlySpan<byte> teeTcbSvn, ReadOnlySpan<byte> teeTcbSvn2, TcbEvaluation evaluation) =>
        Volatile.Write(ref _last, new LastEvaluation(collateral, teeTcbSvn.ToArray(), teeTcbSvn2.ToArray(), evaluation));

    private sealed record LastEvaluation(PreparedCollateral Collateral, byte[] TeeTcbSvn, byte[] TeeTcbSvn2, TcbEvaluation Evaluation);
}
