namespace Casemate.Simulator.Snp;

/// <summary>The certificates below a simulated ARK.</summary>
public enum SnpCertificate
{
    /// <summary>The ASK, or for a VLEK the ASVK.</summary>
    Ask,

    /// <summary>
    /// The VCEK or VLEK. Its proper serial number is 0, as at AMD, where all have it; the ARK's list speaks of what the ARK issued, so a
    /// verifier may rightly pass over this entry.
    /// </summary>
    Vek,
}
