using System.Collections.Immutable;

namespace Casemate.Attestation.Policy;

/// <summary>
/// A rule for one register, event by event: each has a digest of the list, and there is at least one. So a kernel or a command line can be
/// named with several values, which a list of whole registers would have to multiply. The fixed remarks of every firmware (a separator
/// without error, texts about boot options and the end of boot services) need not be listed.
/// </summary>
/// <remarks>
/// Tempting and wrong: a rule for the events of one type. Only digests are extended, so who hands over the log can give an event another
/// type, and a kernel that nobody wants would be a mere remark.
/// </remarks>
/// <param name="Rtmr">The register, 0 to 3. The log must explain it, listed in <see cref="EventLogPolicy.Rtmrs"/> or not.</param>
/// <param name="Digests">SHA-384 digests (48 bytes each) that pass.</param>
public sealed record EventRule(int Rtmr, ImmutableArray<byte[]> Digests)
{
    /// <summary>SHA-384 digests (48 bytes each) that pass; of none, none does.</summary>
    /// <exception cref="ArgumentNullException">One is null.</exception>
    public ImmutableArray<byte[]> Digests { get; init => field = PolicyValue.List(value); } = PolicyValue.List(Digests);
}
