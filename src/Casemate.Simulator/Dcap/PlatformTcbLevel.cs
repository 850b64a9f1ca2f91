using System.Collections.Immutable;

namespace Casemate.Simulator.Dcap;

/// <summary>One TCB level of a platform. Source: Intel PCS API v4, TCB info v3, member <c>tcbLevels</c>.</summary>
public sealed record PlatformTcbLevel
{
    /// <summary>The least SGX component SVNs, 16 bytes.</summary>
    public required byte[] SgxComponents { get; init; }

    /// <summary>The least PCESVN.</summary>
    public required ushort PceSvn { get; init; }

    /// <summary>The least TDX component SVNs, 16 bytes; written in TDX TCB infos only.</summary>
    public byte[] TdxComponents { get; init; } = new byte[16];

    /// <summary>The status word, such as <c>UpToDate</c>; any text, so that unknown words can be tried too.</summary>
    public required string Status { get; init; }

    /// <summary>
    /// tcbDate; null: for the first level of a list 60 days before the installation was created, for each further one 200 days earlier.
    /// </summary>
    public DateTimeOffset? TcbDate { get; init; }

    /// <summary>advisoryIDs; the member is left out when empty, as in Intel's documents.</summary>
    public ImmutableArray<string> AdvisoryIds { get; init; } = [];
}
