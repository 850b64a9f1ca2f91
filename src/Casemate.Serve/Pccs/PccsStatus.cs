namespace Casemate.Serve.Pccs;

/// <summary>Status codes of a PCCS beyond those of HTTP. Source: reference PCCS; QCNL turns each into an error of its own.</summary>
internal static class PccsStatus
{
    /// <summary>The integrity of the data cannot be verified.</summary>
    public const int NotVerifiable = 460;

    /// <summary>The platform is not known to the cache.</summary>
    public const int PlatformUnknown = 461;

    /// <summary>Certificates are not available for some TCBs.</summary>
    public const int CertificatesUnavailable = 462;
}
