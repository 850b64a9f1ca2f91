namespace Casemate.Quoting.Qgs;

/// <summary>Types of messages of the Quote Generation Service (<c>qgs_msg_type_t</c>). A response is its request's type and one.</summary>
public enum QgsMessageType : uint
{
    /// <summary>Asks for the quote of a TD report.</summary>
    GetQuoteRequest = 0,

    /// <summary>A quote.</summary>
    GetQuoteResponse = 1,

    /// <summary>Asks for collateral of a platform.</summary>
    GetCollateralRequest = 2,

    /// <summary>Collateral.</summary>
    GetCollateralResponse = 3,

    /// <summary>Asks for the platform's identity and versions.</summary>
    GetPlatformInfoRequest = 4,

    /// <summary>The platform's identity and versions.</summary>
    GetPlatformInfoResponse = 5,
}
