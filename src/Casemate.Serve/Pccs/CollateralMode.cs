namespace Casemate.Serve.Pccs;

/// <summary>What a collateral service does about collateral that it does not have. Source: the caching fill modes of the reference
/// PCCS.</summary>
public enum CollateralMode
{
    /// <summary>It fetches when somebody asks. The default.</summary>
    Lazy,

    /// <summary>
    /// It fetches when a machine registers, and afterwards serves what it has and keeps it fresh. What belongs to AMD's processors has no
    /// registration and is fetched when somebody asks.
    /// </summary>
    Request,

    /// <summary>It never asks anybody: an administrator brings collateral.</summary>
    Offline,
}
