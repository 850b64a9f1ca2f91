namespace Casemate.Measurement.Enclave;

/// <summary>All that an inspection says about an enclave file.</summary>
/// <param name="Format">Which loader it is for.</param>
/// <param name="Variants">The ways in which it can be loaded, each with its own measurement: policies must list all of them.</param>
/// <param name="Findings">What concerns the whole file.</param>
public sealed record EnclaveReport(
    EnclaveFormat Format, IReadOnlyList<EnclaveVariant> Variants, IReadOnlyList<EnclaveFinding> Findings)
{
    /// <summary>All findings, the gravest first.</summary>
    public IEnumerable<EnclaveFinding> AllFindings =>
        Findings.Concat(Variants.SelectMany(variant => variant.Findings)).OrderBy(finding => finding.Severity);
}
