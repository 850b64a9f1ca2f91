namespace Casemate.Serve.Guest;

/// <summary>Why a key broker service did not give what was asked. Closed: a new reason is a new member.</summary>
public enum KbsClientError
{
    /// <summary>No answer: connection, name, TLS, or time.</summary>
    Unreachable = 0,

    /// <summary>The broker does not know the session, or gives no better reason (HTTP 401).</summary>
    Unauthorized,

    /// <summary>The broker judged the evidence, or the request for a resource, and says no (HTTP 403, or 401 with such a reason).</summary>
    Refused,

    /// <summary>The broker holds no such resource (HTTP 404).</summary>
    NotFound,

    /// <summary>The broker cannot answer now: too many requests, or a fault on its side (HTTP 429 and 5xx).</summary>
    Unavailable,

    /// <summary>The broker finds the request wrong (any other status).</summary>
    Rejected,

    /// <summary>The answer is not what the protocol says, is too large, or cannot be decrypted.</summary>
    MalformedAnswer,

    /// <summary>This side could not make its evidence.</summary>
    NoEvidence,
}
