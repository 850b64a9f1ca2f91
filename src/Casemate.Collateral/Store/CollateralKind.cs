namespace Casemate.Collateral.Store;

/// <summary>What a piece of collateral is.</summary>
public enum CollateralKind
{
    /// <summary>TCB info of a platform family, as the provisioning service answers it: body and signature in one JSON object.</summary>
    TcbInfo,

    /// <summary>Identity of the quoting enclave for SGX or TDX: body and signature in one JSON object.</summary>
    QeIdentity,

    /// <summary>Identity of the quote verification enclave: body and signature in one JSON object.</summary>
    QveIdentity,

    /// <summary>CRL of a PCK CA, DER.</summary>
    PckCrl,

    /// <summary>CRL of Intel's root CA, DER.</summary>
    RootCaCrl,

    /// <summary>All PCK certificates of one platform: the JSON array of <c>pckcerts</c>.</summary>
    PckCertificates,

    /// <summary>The PCK certificate that a service chose for one raw TCB of a platform, PEM.</summary>
    PckCertificate,

    /// <summary>The endorsement certificate of one chip and TCB, DER. It never changes.</summary>
    Vcek,

    /// <summary>The endorsement certificate lent to a cloud provider, DER.</summary>
    Vlek,

    /// <summary>ASK or ASVK, then ARK, PEM.</summary>
    SnpChain,

    /// <summary>CRL of an ARK, DER.</summary>
    SnpCrl,

    /// <summary>Which generations of TCB infos and identities the provisioning service keeps up: body and signature in one JSON
    /// object.</summary>
    TcbEvaluationNumbers,

    /// <summary>
    /// The platform families that the provisioning service has TCB infos for: a JSON array that nobody signs. Good for knowing what to
    /// fetch, and for nothing else.
    /// </summary>
    Fmspcs,
}
