namespace Casemate.Broker;

/// <summary>Why a broker did not do what it was asked. Closed: names are public API and appear in error responses.</summary>
public enum BrokerErrorCode
{
    /// <summary>
    /// The request is not what the protocol says: no JSON, a member missing or of another type, a key that cannot be used.
    /// </summary>
    MalformedRequest = 0,

    /// <summary>The client speaks another version of the protocol than 0.4.0.</summary>
    ProtocolVersionMismatch,

    /// <summary>Evidence of this kind is not verified by this version, or not accepted by its policy or settings.</summary>
    UnsupportedTee,

    /// <summary>The session is unknown, has expired, or has failed too often. A new handshake helps.</summary>
    SessionNotFound,

    /// <summary>Too many handshakes are open. Waiting helps.</summary>
    TooManySessions,

    /// <summary>Too many attestations are being verified. Waiting helps.</summary>
    Busy,

    /// <summary>The evidence is not genuine, not fresh, or does not bind this handshake's nonce and key.</summary>
    AttestationFailed,

    /// <summary>The evidence is genuine, but the policy does not accept it; or the policy does not grant the resource.</summary>
    PolicyDeny,

    /// <summary>Nothing to verify the evidence against is at hand: no certificates of its chip, no collateral of its platform.</summary>
    CollateralUnavailable,

    /// <summary>The request carries neither the cookie of an attested session nor a bearer token.</summary>
    TokenNotFound,

    /// <summary>The token is not one of this broker, was changed, or has expired. A new handshake helps.</summary>
    TokenInvalid,

    /// <summary>There is no such resource.</summary>
    ResourceNotFound,

    /// <summary>The resource is larger than the store keeps.</summary>
    ResourceTooLarge,

    /// <summary>The resource, the store or the audit log cannot be read or written; the operator has to look.</summary>
    StorageUnavailable,
}
