namespace Casemate.Collateral.Upstream;

/// <summary>How a request to an upstream ended.</summary>
public enum UpstreamStatus
{
    /// <summary>No connection, one that broke in the middle, a name that does not resolve, a TLS failure, or an answer of the 5xx
    /// kind.</summary>
    Unavailable = 0,

    /// <summary>There is a document. Nothing of it is verified.</summary>
    Found,

    /// <summary>The upstream knows of no such thing (404, and 461 or 462 of a PCCS).</summary>
    NotFound,

    /// <summary>The upstream calls the request malformed (400).</summary>
    Refused,

    /// <summary>The subscription key or client certificate is missing or not accepted (401, 403).</summary>
    Unauthorized,

    /// <summary>The generation or the API version is no longer offered (410).</summary>
    Gone,

    /// <summary>Too many requests (429).</summary>
    Throttled,

    /// <summary>Nothing came within the time allowed.</summary>
    TimedOut,

    /// <summary>Something came that is no such document: HTML, empty, too large, without its issuer chain.</summary>
    Malformed,

    /// <summary>A redirect, or an address that may not be asked (plain HTTP to another host).</summary>
    NotAllowed,
}
