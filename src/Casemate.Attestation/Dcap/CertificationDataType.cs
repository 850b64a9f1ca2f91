namespace Casemate.Attestation.Dcap;

/// <summary>What a quote says about the PCK certificate. Source: Intel ECDSA quote library reference, "QE certification data".</summary>
public enum CertificationDataType
{
    /// <summary>PPID in clear, CPUSVN, PCESVN, PCEID.</summary>
    PpidClear = 1,

    /// <summary>PPID encrypted with RSA-2048-OAEP, CPUSVN, PCESVN, PCEID.</summary>
    PpidRsa2048 = 2,

    /// <summary>PPID encrypted with RSA-3072-OAEP, CPUSVN, PCESVN, PCEID.</summary>
    PpidRsa3072 = 3,

    /// <summary>The PCK certificate alone, PEM.</summary>
    PckLeaf = 4,

    /// <summary>PCK certificate, CA and root, PEM.</summary>
    PckChain = 5,
}
