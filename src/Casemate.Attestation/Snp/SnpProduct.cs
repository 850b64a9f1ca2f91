namespace Casemate.Attestation.Snp;

/// <summary>AMD EPYC product lines with SEV-SNP; each has its own root key (ARK). Source: AMD 57230, section 1.</summary>
public enum SnpProduct
{
    /// <summary>EPYC 7003.</summary>
    Milan,

    /// <summary>EPYC 9004 (also Bergamo) and 8004 (Siena).</summary>
    Genoa,

    /// <summary>EPYC 9005.</summary>
    Turin,
}
