namespace Casemate.Testing.Attestation;

/// <summary>What is wrong with an answer of <see cref="TestProvisioningServer"/>.</summary>
public enum ProvisioningFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The server takes the request and never answers.</summary>
    Hang,

    /// <summary>The head of an answer comes, and then nothing.</summary>
    HangInBody,

    /// <summary>A login page, status 200.</summary>
    Html,

    /// <summary>Documents, CRLs and certificates with a signature by another key.</summary>
    WrongSignature,

    /// <summary>Genuine documents and CRLs whose end lies in the past.</summary>
    Expired,

    /// <summary>Documents and CRLs that begin in the future.</summary>
    FromTheFuture,

    /// <summary>Everything genuine, of another installation.</summary>
    OtherRoot,

    /// <summary>A genuine document of the same kind, about something else.</summary>
    OtherSubject,

    /// <summary>429 with Retry-After: 120.</summary>
    Throttled,

    /// <summary>503.</summary>
    ServerError,

    /// <summary>500 with Error-Code and Error-Message headers.</summary>
    ExplainedError,

    /// <summary>The connection breaks in the middle of the body.</summary>
    Truncated,

    /// <summary>More bytes than any such document has.</summary>
    Oversized,

    /// <summary>302 to somewhere else.</summary>
    Redirect,

    /// <summary>200 without a body.</summary>
    Empty,

    /// <summary>The issuer chain header is missing.</summary>
    NoChain,

    /// <summary>Random bytes.</summary>
    Noise,

    /// <summary>404.</summary>
    NotFound,
}
