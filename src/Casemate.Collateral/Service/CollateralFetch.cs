namespace Casemate.Collateral.Service;

/// <summary>Whether a question may go to the upstreams.</summary>
public enum CollateralFetch
{
    /// <summary>Only what is cached.</summary>
    Never,

    /// <summary>When nothing usable is cached.</summary>
    WhenMissing,

    /// <summary>Always, even if what is cached is fresh: an administrator's refresh.</summary>
    Always,
}
