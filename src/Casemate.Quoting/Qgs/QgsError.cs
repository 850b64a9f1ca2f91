namespace Casemate.Quoting.Qgs;

/// <summary>Error codes of the protocol of Intel's TDX Quote Generation Service (<c>qgs_msg_lib.h</c>, <c>qgs_msg_error_t</c>).</summary>
public enum QgsError
{
    /// <summary>The request was carried out.</summary>
    Success = 0,

    /// <summary>The quote could not be made; the service's log says why.</summary>
    Unexpected = 0x12001,

    /// <summary>There is not enough memory, or the service is busy.</summary>
    OutOfMemory = 0x12002,

    /// <summary>The report, or another field, has a value that cannot be.</summary>
    InvalidParameter = 0x12003,

    /// <summary>The major version is not 1.</summary>
    InvalidVersion = 0x12004,

    /// <summary>The type is not one of requests, or this service does not answer it.</summary>
    InvalidType = 0x12005,

    /// <summary>Sizes in the message do not add up to its length, or it is too long.</summary>
    InvalidSize = 0x12006,

    /// <summary>A request with an error code in it.</summary>
    InvalidCode = 0x12007,
}
