namespace Casemate.Quoting;

/// <summary>
/// Error codes of the AESM protocol, as clients see them. The numbers are Intel's (<c>aesm_error.h</c> of the Intel SGX platform
/// software); 27 is unused there. What to do about each: <see cref="AesmErrorText"/>.
/// </summary>
public enum AesmError
{
    /// <summary>The request was carried out.</summary>
    Success = 0,

    /// <summary>Something failed that no other code names.</summary>
    Unexpected = 1,

    /// <summary>The machine has no usable SGX device.</summary>
    NoDevice = 2,

    /// <summary>A field of the request is missing, has the wrong size or a wrong value.</summary>
    Parameter = 3,

    /// <summary>The stored EPID data are damaged.</summary>
    EpidBlob = 4,

    /// <summary>The platform's EPID group is revoked.</summary>
    EpidRevoked = 5,

    /// <summary>The licence token for launching an enclave could not be had.</summary>
    LicenceToken = 6,

    /// <summary>A platform service session is not valid.</summary>
    SessionInvalid = 7,

    /// <summary>There are too many platform service sessions.</summary>
    SessionLimit = 8,

    /// <summary>A platform service session could not be opened.</summary>
    PseSession = 9,

    /// <summary>The platform services are not paired.</summary>
    PairingNotDone = 10,

    /// <summary>Pairing of the platform services failed.</summary>
    PairingFailed = 11,

    /// <summary>The collateral service could not be reached.</summary>
    Network = 12,

    /// <summary>The collateral service is overloaded.</summary>
    NetworkBusy = 13,

    /// <summary>The network proxy could not be used.</summary>
    ProxySetting = 14,

    /// <summary>A file of the quoting library could not be read or written.</summary>
    FileAccess = 15,

    /// <summary>The platform could not be provisioned.</summary>
    ProvisionFailed = 16,

    /// <summary>The quote helper is stopping.</summary>
    ServiceStopped = 17,

    /// <summary>The queue is full, or the request would wait longer than the client does.</summary>
    Busy = 18,

    /// <summary>The quoting library or its service is busy.</summary>
    BackendBusy = 19,

    /// <summary>The platform wants an update before it can be used.</summary>
    UpdateAvailable = 20,

    /// <summary>There is not enough memory.</summary>
    OutOfMemory = 21,

    /// <summary>A message of the collateral service could not be understood.</summary>
    Message = 22,

    /// <summary>A thread could not be started.</summary>
    Thread = 23,

    /// <summary>The SGX device is there but cannot be used now.</summary>
    DeviceNotAvailable = 24,

    /// <summary>SGX could not be turned on.</summary>
    EnableFailed = 25,

    /// <summary>The platform information has a wrong signature.</summary>
    PibSignature = 26,

    /// <summary>Key derivations of the two sides differ.</summary>
    KdfMismatch = 28,

    /// <summary>There is no enclave memory left for the quoting enclaves.</summary>
    OutOfEpc = 29,

    /// <summary>The service is not offered here, or not to this client.</summary>
    ServiceUnavailable = 30,

    /// <summary>The provisioning service does not know the platform.</summary>
    UnrecognisedPlatform = 31,

    /// <summary>The stored attestation key belongs to another key id.</summary>
    EcdsaIdMismatch = 32,

    /// <summary>A path is longer than the quoting library allows.</summary>
    PathOverflow = 33,

    /// <summary>The stored attestation key could not be saved.</summary>
    StoredKey = 34,

    /// <summary>The attestation key is not the one that was initialised.</summary>
    PublicKeyIdMismatch = 35,

    /// <summary>The provisioning enclave uses an unknown signature scheme.</summary>
    PceSignatureScheme = 36,

    /// <summary>The stored attestation key is damaged.</summary>
    AttestationKeyBlob = 37,

    /// <summary>No back end answers to the attestation key id of the request.</summary>
    UnsupportedAttestationKey = 38,

    /// <summary>The enclaves' load policy could not be set.</summary>
    LoadPolicy = 39,

    /// <summary>The quoting library lacks an interface.</summary>
    InterfaceUnavailable = 40,

    /// <summary>The library that fetches platform certificates is missing.</summary>
    PlatformLibraryUnavailable = 41,

    /// <summary>There is no attestation key yet.</summary>
    AttestationKeyNotInitialised = 42,

    /// <summary>The platform's certificates are damaged.</summary>
    CertificateDataInvalid = 43,

    /// <summary>There is no PCK certificate for this platform.</summary>
    NoPlatformCertificate = 44,

    /// <summary>The quoting enclave could not make a report.</summary>
    ReportCreation = 45,

    /// <summary>The quoting enclave was lost.</summary>
    EnclaveLost = 46,

    /// <summary>The report's MAC is wrong.</summary>
    InvalidReport = 47,

    /// <summary>A quoting enclave could not be loaded.</summary>
    EnclaveLoad = 48,

    /// <summary>The quoting enclave cannot make a report for the application.</summary>
    NoQeReport = 49,

    /// <summary>The attestation key could not be certified.</summary>
    KeyCertification = 50,

    /// <summary>The configuration asks for something that is not supported.</summary>
    ConfigUnsupported = 51,
}
