using System.Collections.Immutable;

namespace Casemate.Collateral.Qcnl;

/// <summary>What reading a configuration file found.</summary>
/// <param name="Configuration">What the library would take from the file; null when it cannot read the file at all.</param>
/// <param name="Findings">In the order of their lines.</param>
public sealed record QcnlReading(QcnlConfiguration? Configuration, ImmutableArray<QcnlFinding> Findings)
{
    /// <summary>Whether the file says what its owner means, as far as that can be seen.</summary>
    public bool HasErrors => Configuration is null || Findings.Any(finding => finding.IsError);
}
