namespace Casemate.Attestation.Snp;

/// <summary>The kind of key that signed a report. Source: AMD 56860, ATTESTATION_REPORT, field SIGNING_KEY.</summary>
public enum SnpSigner
{
    /// <summary>Versioned Chip Endorsement Key: derived from one chip's secret.</summary>
    Vcek = 0,

    /// <summary>Versioned Loaded Endorsement Key: given to a cloud provider by AMD's key server.</summary>
    Vlek = 1,

    /// <summary>The report is not signed. Never acceptable.</summary>
    None = 7,
}
