namespace Casemate.Collateral.Store;

/// <summary>Which platforms a list of families is about. Source: Intel PCS API v4, "Get FMSPCs", parameter <c>platform</c>.</summary>
public enum PlatformSelection
{
    /// <summary>All.</summary>
    All,

    /// <summary>Clients.</summary>
    Client,

    /// <summary>Xeon E3: servers with one socket.</summary>
    E3,

    /// <summary>Xeon E5: servers with one socket or several.</summary>
    E5,
}
