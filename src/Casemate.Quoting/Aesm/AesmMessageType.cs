namespace Casemate.Quoting.Aesm;

/// <summary>
/// The messages of the AESM protocol: the numbers under which <c>Request</c> and <c>Response</c> carry them. Source: Intel SGX platform
/// software, <c>messages.proto</c>.
/// </summary>
public enum AesmMessageType
{
    /// <summary>EPID: begins a quote. Refused.</summary>
    InitQuote = 1,

    /// <summary>EPID: makes a quote. Refused.</summary>
    GetQuote = 2,

    /// <summary>Makes a launch token. Refused: platforms with flexible launch control need none.</summary>
    GetLaunchToken = 3,

    /// <summary>EPID: explains a failed attestation. Refused.</summary>
    ReportAttestationError = 4,

    /// <summary>Size of the launch white list. Refused.</summary>
    GetWhiteListSize = 10,

    /// <summary>The launch white list. Refused.</summary>
    GetWhiteList = 11,

    /// <summary>EPID: the extended group id. Refused.</summary>
    GetExtendedEpidGroupId = 12,

    /// <summary>EPID: switches the extended group. Refused.</summary>
    SwitchExtendedEpidGroup = 13,

    /// <summary>Registers white list data. Refused.</summary>
    Register = 14,

    /// <summary>Makes sure that there is an attestation key, and returns the quoting enclave's target info.</summary>
    InitQuoteEx = 15,

    /// <summary>The size of a quote.</summary>
    GetQuoteSizeEx = 16,

    /// <summary>Makes a quote of a report.</summary>
    GetQuoteEx = 17,

    /// <summary>EPID: asks for updates. Refused.</summary>
    CheckUpdateStatus = 18,

    /// <summary>Chooses one of the attestation keys that the client can use.</summary>
    SelectAttKeyId = 19,

    /// <summary>Response only: the request is not known.</summary>
    UnsupportedRequest = 20,

    /// <summary>How many attestation keys there are.</summary>
    GetSupportedAttKeyIdNum = 21,

    /// <summary>The attestation key ids.</summary>
    GetSupportedAttKeyIds = 22,
}
