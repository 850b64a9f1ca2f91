using System.Collections.Immutable;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// One TCB level of a quoting enclave or TDX module. Source: Intel PCS API v4, "Enclave Identity Structure" and TCB info v3.
/// </summary>
/// <param name="IsvSvn">The least ISVSVN of the level.</param>
/// <param name="Status">The status word, such as <c>UpToDate</c>; any text, so that unknown words can be tried too.</param>
public sealed record EnclaveTcbLevel(ushort IsvSvn, string Status)
{
    /// <summary>
    /// tcbDate; null: for the first level of a list 60 days before the installation was created, for each further one 200 days earlier.
    /// </summary>
    public DateTimeOffset? TcbDate { get; init; }

    /// <summary>advisoryIDs; the member is left out when empty, as in Intel's documents.</summary>
    public ImmutableArray<string> AdvisoryIds { get; init; } = [];
}
