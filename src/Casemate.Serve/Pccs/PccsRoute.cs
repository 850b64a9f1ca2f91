namespace Casemate.Serve.Pccs;

/// <summary>What a path names. The names are labels of metrics.</summary>
internal enum PccsRoute
{
    Unknown,
    PckCertificate,
    PckCrl,
    Tcb,
    QeIdentity,
    QveIdentity,
    RootCaCrl,
    Crl,
    Platforms,
    PlatformCollateral,
    Refresh,
    AppraisalPolicy,
    TcbEvaluationNumbers,
    Fmspcs,
    Kds,
    Health,
    Ready,
    Metrics,
}
