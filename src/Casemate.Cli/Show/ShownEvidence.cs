using Casemate.Attestation;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Tdx;
using Casemate.Collateral;

namespace Casemate.Cli.Show;

/// <summary>Evidence taken apart for display. Nothing of it is verified.</summary>
internal sealed record ShownEvidence
{
    /// <summary>The kind of hardware that it claims to come from; null for a GPU and for an endorsement.</summary>
    public required Tee? Tee { get; init; }

    /// <summary>For people, such as <c>TDX quote v4 (TD report 1.0)</c>.</summary>
    public required string Format { get; init; }

    /// <summary>Size of the quote or report in bytes.</summary>
    public required int Size { get; init; }

    /// <summary>Its parts.</summary>
    public required IReadOnlyList<ShownSection> Sections { get; init; }

    /// <summary>Certificates inside the quote, first the one that signs.</summary>
    public IReadOnlyList<UnverifiedCertificate> Certificates { get; init; } = [];

    /// <summary>What came with the evidence in the same file.</summary>
    public IReadOnlyList<CollateralItem> Included { get; init; } = [];

    /// <summary>Pieces of the file that were recognised as nothing.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Size in bytes of the event log beside a TDX quote; null when none came.</summary>
    public int? EventLogSize { get; init; }

    /// <summary>The event log, event by event, beside the quote's registers; null when none came or it cannot be read.</summary>
    public EventLogReplay? EventLog { get; init; }

    /// <summary>What is wrong with a part of it, with its offset; empty when every part could be read.</summary>
    public string Problem { get; init; } = "";
}
