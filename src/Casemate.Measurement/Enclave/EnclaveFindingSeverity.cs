namespace Casemate.Measurement.Enclave;

/// <summary>How grave a finding about an enclave is.</summary>
public enum EnclaveFindingSeverity
{
    /// <summary>The enclave must not be trusted, or will not start.</summary>
    Error = 0,

    /// <summary>Somebody should decide that it may be so.</summary>
    Warning,

    /// <summary>Good to know.</summary>
    Note,
}
