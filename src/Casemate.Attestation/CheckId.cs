namespace Casemate.Attestation;

/// <summary>
/// The questions that verification asks. Closed: names are public API, appear in JSON, and each has a row in
/// <c>docs/diagnostics.md</c> with meaning, cause and remedy.
/// </summary>
public enum CheckId
{
    // Any evidence.
    /// <summary>The bytes are well-formed evidence of a supported kind and version.</summary>
    EvidenceFormat,

    /// <summary>The certificate chain ends in an accepted root, byte for byte.</summary>
    TrustRoot,

    /// <summary>The report data is the one that the relying party expects.</summary>
    ReportData,

    /// <summary>The measurement or signer is one that the policy names.</summary>
    Identity,

    /// <summary>The workload is closed to debuggers.</summary>
    Debug,

    /// <summary>No reserved or unknown flag bit is set.</summary>
    ReservedBits,

    // SGX and TDX: PCK chain and revocation.
    /// <summary>PCK certificate, its CA and the root form a valid chain: names, constraints, key usage, signatures.</summary>
    PckChain,

    /// <summary>Every certificate of the PCK chain is inside its validity.</summary>
    PckChainValidity,

    /// <summary>The PCK certificate carries a complete SGX extension.</summary>
    SgxExtension,

    /// <summary>The CRL of the root CA is well-formed and signed by the root.</summary>
    RootCrl,

    /// <summary>The CRL of the root CA is inside its window.</summary>
    RootCrlFreshness,

    /// <summary>The CRL of the PCK CA is well-formed and signed by the CA that issued the PCK certificate.</summary>
    PckCrl,

    /// <summary>The CRL of the PCK CA is inside its window.</summary>
    PckCrlFreshness,

    /// <summary>The PCK CA is not on the root CA's CRL.</summary>
    PckCaNotRevoked,

    /// <summary>The PCK certificate is not on its CA's CRL.</summary>
    PckNotRevoked,

    /// <summary>Platform data in the quote agrees with the PCK certificate that was supplied for it.</summary>
    CertificationData,

    // SGX and TDX: collateral.
    /// <summary>The TCB info's signer chain is valid and not revoked.</summary>
    TcbInfoSigner,

    /// <summary>The TCB info's signer chain is inside its validity.</summary>
    TcbInfoSignerValidity,

    /// <summary>The TCB info is signed by that signer.</summary>
    TcbInfoSignature,

    /// <summary>The TCB info is well-formed and of a supported version.</summary>
    TcbInfoFormat,

    /// <summary>The TCB info is inside its window.</summary>
    TcbInfoFreshness,

    /// <summary>The TCB info is for the quote's kind of TEE.</summary>
    TcbInfoTee,

    /// <summary>FMSPC and PCEID of TCB info and PCK certificate agree.</summary>
    TcbInfoPlatform,

    /// <summary>The QE identity's signer chain is valid and not revoked.</summary>
    QeIdentitySigner,

    /// <summary>The QE identity's signer chain is inside its validity.</summary>
    QeIdentitySignerValidity,

    /// <summary>The QE identity is signed by that signer.</summary>
    QeIdentitySignature,

    /// <summary>The QE identity is well-formed and of a supported version.</summary>
    QeIdentityFormat,

    /// <summary>The QE identity is inside its window.</summary>
    QeIdentityFreshness,

    /// <summary>tcbEvaluationDataNumber of the collateral is high enough and the same in both documents.</summary>
    EvaluationNumber,

    // SGX and TDX: quote.
    /// <summary>The quoting enclave's report is signed by the PCK.</summary>
    QeReportSignature,

    /// <summary>The quoting enclave's report binds the attestation key.</summary>
    QeReportData,

    /// <summary>The quoting enclave is the one that the QE identity describes.</summary>
    QeIdentity,

    /// <summary>The quote is signed by the attestation key.</summary>
    QuoteSignature,

    /// <summary>The TDX module's signer and attributes are those of the TCB info.</summary>
    TdxModule,

    /// <summary>The converged TCB status is one that the policy accepts.</summary>
    TcbStatus,

    /// <summary>No matched TCB level names an advisory that the policy refuses.</summary>
    Advisories,

    /// <summary>The machine meets the policy's platform rules.</summary>
    PlatformFlags,

    /// <summary>The quoting enclave's ISVSVN is at least the policy's.</summary>
    QeIsvSvn,

    // SGX policy.
    /// <summary>The enclave has no access to the provisioning key.</summary>
    ProvisionKey,

    /// <summary>The enclave has no access to the launch-token key.</summary>
    EinitTokenKey,

    /// <summary>ATTRIBUTES meet the policy.</summary>
    SgxAttributes,

    /// <summary>MISCSELECT meets the policy.</summary>
    MiscSelect,

    /// <summary>CONFIGID, CONFIGSVN, ISVEXTPRODID and ISVFAMILYID meet the policy.</summary>
    Kss,

    // TDX policy.
    /// <summary>The TD has SEPT_VE_DISABLE set.</summary>
    SeptVeDisable,

    /// <summary>The TD cannot be migrated.</summary>
    Migratable,

    /// <summary>MRSERVICETD is zero or named by the policy.</summary>
    ServiceTd,

    /// <summary>TDATTRIBUTES meet the policy.</summary>
    TdAttributes,

    /// <summary>XFAM meets the policy.</summary>
    Xfam,

    /// <summary>RTMRs, MRCONFIGID, MROWNER, MROWNERCONFIG and MRSEAM meet the policy.</summary>
    TdMeasurements,

    /// <summary>TEE_TCB_SVN is at least the policy's.</summary>
    TeeTcbSvn,

    // SEV-SNP: chain and report.
    /// <summary>VEK, ASK or ASVK and ARK form a valid chain: names, algorithms, signatures.</summary>
    SnpChain,

    /// <summary>Every certificate of the chain is inside its validity.</summary>
    SnpChainValidity,

    /// <summary>Report, VEK and ARK agree on the product line, and the policy accepts it.</summary>
    SnpProduct,

    /// <summary>The CRL is well-formed, signed by the ARK and inside its window.</summary>
    SnpCrl,

    /// <summary>The ASK or ASVK is not on the ARK's CRL.</summary>
    SnpNotRevoked,

    /// <summary>The kind of key that signed is the kind that the report names, and the policy accepts it.</summary>
    SnpSigner,

    /// <summary>The report is signed by the VEK.</summary>
    SnpReportSignature,

    /// <summary>The VEK's TCB equals the reported TCB, component by component.</summary>
    VekTcb,

    /// <summary>The VCEK's hardware id equals the report's chip id.</summary>
    ChipId,

    /// <summary>Reported TCB is at most committed, committed at most current.</summary>
    TcbOrder,

    // SEV-SNP policy.
    /// <summary>The guest's policy (migration, SMT, CXL, required bits, ABI) meets the relying party's.</summary>
    GuestPolicy,

    /// <summary>The privilege level that asked is accepted.</summary>
    Vmpl,

    /// <summary>HOST_DATA is one that the policy names.</summary>
    HostData,

    /// <summary>FAMILY_ID, IMAGE_ID, REPORT_ID and GUEST_SVN meet the policy.</summary>
    GuestIds,

    /// <summary>ID_KEY_DIGEST and AUTHOR_KEY_DIGEST meet the policy.</summary>
    SigningKeys,

    /// <summary>Reported, committed, current and launch TCB meet the policy's floors.</summary>
    TcbFloor,

    /// <summary>PLATFORM_INFO meets the policy.</summary>
    PlatformInfo,

    /// <summary>The mitigation vectors meet the policy.</summary>
    Mitigations,

    /// <summary>The report's version is at least the policy's.</summary>
    ReportVersion,

    // Any evidence, asked by whoever holds an appraisal policy.
    /// <summary>The kind of hardware is one that the policy accepts.</summary>
    AcceptedTee,

    // Azure confidential VMs: paravisor and virtual TPM.
    /// <summary>The hardware report binds the runtime data, and with them the virtual TPM's key.</summary>
    RuntimeData,

    /// <summary>The virtual TPM's quote is signed by the key that the runtime data name.</summary>
    VtpmQuoteSignature,

    /// <summary>The PCR values are those that the quote signed.</summary>
    VtpmPcrDigest,

    /// <summary>The quote carries the nonce that the relying party expects.</summary>
    VtpmNonce,

    /// <summary>The runtime data carry the nonce too (evidence version 2 and later).</summary>
    VtpmUserData,

    /// <summary>The PCRs are those that the policy names.</summary>
    VtpmPcrs,

    // Event log of a TD.
    /// <summary>The event log is well-formed.</summary>
    EventLogFormat,

    /// <summary>Replaying the event log gives the RTMRs that the quote reports.</summary>
    EventLogReplay,

    /// <summary>The data of events are what their digests cover, where they should be.</summary>
    EventLogData,

    /// <summary>The events are those that the policy names.</summary>
    EventLogEvents,

    // Endorsement of a guest image.
    /// <summary>The endorsement is a well-formed COSE_Sign1 message of the expected kind.</summary>
    EndorsementFormat,

    /// <summary>The publisher's certificates form a valid chain: names, constraints, key usage, signatures.</summary>
    EndorsementChain,

    /// <summary>Every certificate of that chain is inside its validity.</summary>
    EndorsementChainValidity,

    /// <summary>The endorsement is signed by the publisher's certificate.</summary>
    EndorsementSignature,

    /// <summary>The publisher's did:x509 identifier fits its certificates.</summary>
    EndorsementIssuer,

    /// <summary>The policy trusts the publisher for the feed.</summary>
    EndorsementTrust,

    /// <summary>The image's security version is at least the policy's.</summary>
    EndorsementSvn,

    // NVIDIA GPU.
    /// <summary>The GPU's certificates form a valid chain to an accepted root.</summary>
    GpuChain,

    /// <summary>Every certificate of that chain is inside its validity.</summary>
    GpuChainValidity,

    /// <summary>Whether a certificate of that chain was revoked is known, or the policy does without.</summary>
    GpuRevocation,

    /// <summary>The GPU's report is signed by its certificate.</summary>
    GpuReportSignature,

    /// <summary>The firmware that the report names is the one that its certificate was issued to.</summary>
    GpuFirmwareId,

    /// <summary>The report carries the nonce that the relying party expects.</summary>
    GpuNonce,

    /// <summary>The GPU's measurements are those that the policy names.</summary>
    GpuMeasurements,

    /// <summary>Driver and VBIOS are of versions that the policy names.</summary>
    GpuVersions,

    // SGX and TDX: collateral that is well-formed, but of another version. Recorded in place of the format check, only where it fails.
    /// <summary>TCB info and QE identity are of a version that this library reads.</summary>
    CollateralVersion,
}
