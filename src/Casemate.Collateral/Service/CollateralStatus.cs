namespace Casemate.Collateral.Service;

/// <summary>How a question to the collateral service ended.</summary>
public enum CollateralStatus
{
    /// <summary>It is not cached, and the upstreams failed.</summary>
    UpstreamFailed = 0,

    /// <summary>Verified collateral, inside its validity.</summary>
    Found,

    /// <summary>Verified collateral past its end, handed out because the operator chose so.</summary>
    Stale,

    /// <summary>No upstream knows of such a thing; or it is not cached, and asking was not wanted.</summary>
    NotFound,

    /// <summary>It is not cached, and the upstreams may not be asked now: rate limit, back-off, circuit breaker.</summary>
    UpstreamBusy,

    /// <summary>The upstream answered with something that does not verify (status 460 of a PCCS). It was not stored.</summary>
    NotVerifiable,

    /// <summary>What is cached is past its end, and nothing newer was to be had.</summary>
    Expired,

    /// <summary>The platform is not known: no PCK certificates, and nothing to ask for them with (status 461 of a PCCS).</summary>
    PlatformUnknown,

    /// <summary>The platform is known, and there is no certificate for its TCB (status 462 of a PCCS).</summary>
    CertificateUnavailable,
}
