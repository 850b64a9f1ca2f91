using System.Collections.Immutable;
using static Casemate.Attestation.CheckId;
using CheckId = Casemate.Attestation.CheckId;

namespace Casemate.Fuzz.Flips;

/// <summary>
/// The map of evidence and collateral: which checks stand for which bytes. <c>docs/mutations.md</c> shows this table; a test holds the two
/// together.
/// </summary>
public static class FlipRegions
{
    private const string PemText = "text around the certificates, line breaks, unused bits of base64";
    private const string SgxTdx = "SGX or TDX quote";
    private const string Collateral = "SGX or TDX collateral";
    private const string Snp = "SEV-SNP report";
    private const string Azure = "Azure vTPM evidence";
    private const string Cose = "endorsement of a guest image (COSE)";
    private const string Gpu = "NVIDIA GPU report (SPDM)";
    private const string Log = "event log of a TD";

    // Everything that judges a report's content fails with its signature, or does not.
    private static readonly ImmutableArray<CheckId> s_bodyChecks =
        [TdxModule, TcbStatus, ReservedBits, Debug, ProvisionKey, EinitTokenKey, SeptVeDisable, Migratable, ServiceTd, RuntimeData];

    // A chain that does not hold takes down what rests on its certificates and keys.
    private static readonly ImmutableArray<CheckId> s_chainChecks =
    [
        TrustRoot, PckChain, PckChainValidity, SgxExtension, RootCrl, RootCrlFreshness, CheckId.PckCrl, PckCrlFreshness, PckCaNotRevoked,
        PckNotRevoked, TcbInfoSigner, TcbInfoSignerValidity, TcbInfoSignature, TcbInfoPlatform, QeIdentitySigner, QeIdentitySignerValidity,
        QeIdentitySignature, QeReportSignature, TcbStatus, CheckId.CertificationData,
    ];

    private static readonly ImmutableArray<CheckId> s_snpChecks =
        [SnpProduct, SnpSigner, VekTcb, ChipId, TcbOrder, ReservedBits, Debug, GuestPolicy, Vmpl, PlatformInfo];

    private static readonly ImmutableArray<CheckId> s_vekChecks =
        [SnpChain, SnpChainValidity, SnpProduct, SnpCrl, SnpNotRevoked, SnpSigner, SnpReportSignature, VekTcb, ChipId, ReservedBits, TcbOrder];

    private static readonly ImmutableArray<CheckId> s_tcbInfoChecks =
        [CheckId.CollateralVersion, TcbInfoFormat, TcbInfoFreshness, TcbInfoTee, TcbInfoPlatform, EvaluationNumber, TdxModule, TcbStatus];

    private static readonly ImmutableArray<CheckId> s_qeIdentityChecks =
        [CheckId.CollateralVersion, QeIdentityFormat, QeIdentityFreshness, QeIdentity, TcbStatus];

    // SGX and TDX quotes, in the order of their bytes.
    public static readonly FlipRegion QuoteHeader = new(SgxTdx, "header", [EvidenceFormat, QuoteSignature], []);
    public static readonly FlipRegion QuoteBodyHeader = new(SgxTdx, "body type and size (v5)", [EvidenceFormat], []);
    public static readonly FlipRegion QuoteBody = new(SgxTdx, "report of the enclave or TD", [QuoteSignature], s_bodyChecks);
    public static readonly FlipRegion SignatureDataSize = new(SgxTdx, "size of the signature data", [EvidenceFormat], []);
    public static readonly FlipRegion Signature = new(SgxTdx, "signature", [QuoteSignature], []);
    public static readonly FlipRegion AttestationKey = new(SgxTdx, "attestation key", [QeReportData], [QuoteSignature]);
    public static readonly FlipRegion OuterCertification = new(SgxTdx, "type and size of the QE certification (v4, v5)", [EvidenceFormat], []);
    public static readonly FlipRegion QeReport = new(SgxTdx, "QE report", [QeReportSignature], [QeReportData, QeIdentity, TcbStatus]);
    public static readonly FlipRegion QeSignature = new(SgxTdx, "signature of the QE report", [QeReportSignature], []);
    public static readonly FlipRegion QeAuthenticationSize = new(SgxTdx, "size of the QE authentication data", [EvidenceFormat], []);
    public static readonly FlipRegion QeAuthenticationData = new(SgxTdx, "QE authentication data", [QeReportData], []);
    public static readonly FlipRegion CertificationType = new(SgxTdx, "type of the certification data", [EvidenceFormat, PckChain], []);
    public static readonly FlipRegion CertificationSize = new(SgxTdx, "size of the certification data", [EvidenceFormat], []);
    public static readonly FlipRegion CertificationPlatform =
        new(SgxTdx, "CPUSVN, PCESVN and PCEID, clear PPID (certification data 1 to 3)", [CheckId.CertificationData], []);
    public static readonly FlipRegion CertificationUnread = new(
        SgxTdx, "encrypted PPID (certification data 2 and 3)", [], [],
        "all: an unsigned hint for finding the PCK certificate, which carries the PPID itself and is signed");
    public static readonly FlipRegion Pck = new(SgxTdx, "PCK certificate", [PckChain], s_chainChecks, PemText) { IsCollateral = true };
    public static readonly FlipRegion PckCa = new(SgxTdx, "certificate of the PCK CA", [PckChain], s_chainChecks, PemText) { IsCollateral = true };
    public static readonly FlipRegion Root = new(SgxTdx, "root certificate", [TrustRoot, PckChain], s_chainChecks, PemText) { IsCollateral = true };
    public static readonly FlipRegion Trailing = new(
        SgxTdx, "bytes after the signature data", [], [], "all: unsigned; counted in the verdict and ignored");

    // Collateral of Intel platforms.
    public static readonly FlipRegion TcbInfoBody = new(Collateral, "TCB info", [TcbInfoSignature], s_tcbInfoChecks) { IsCollateral = true };
    public static readonly FlipRegion TcbInfoSigned = new(Collateral, "signature of the TCB info", [TcbInfoSignature], [TcbStatus]) { IsCollateral = true };
    public static readonly FlipRegion TcbInfoChain = new(
        Collateral, "signer and root of the TCB info", [TcbInfoSigner], [TcbInfoSignerValidity, TcbInfoSignature, TcbStatus], PemText)
    { IsCollateral = true };
    public static readonly FlipRegion QeIdentityBody = new(Collateral, "QE identity", [QeIdentitySignature], s_qeIdentityChecks) { IsCollateral = true };
    public static readonly FlipRegion QeIdentitySigned = new(Collateral, "signature of the QE identity", [QeIdentitySignature], [TcbStatus]) { IsCollateral = true };
    public static readonly FlipRegion QeIdentityChain = new(
        Collateral, "signer and root of the QE identity", [QeIdentitySigner], [QeIdentitySignerValidity, QeIdentitySignature, TcbStatus],
        PemText)
    { IsCollateral = true };
    public static readonly FlipRegion RootRevocationList = new(
        Collateral, "CRL of the root CA", [RootCrl], [RootCrlFreshness, PckCaNotRevoked, TcbInfoSigner, QeIdentitySigner])
    { IsCollateral = true };
    public static readonly FlipRegion PckRevocationList = new(
        Collateral, "CRL of the PCK CA", [CheckId.PckCrl], [PckCrlFreshness, PckNotRevoked])
    { IsCollateral = true };

    // SEV-SNP.
    public static readonly FlipRegion SnpBody = new(Snp, "0x000 to 0x29F", [EvidenceFormat, SnpReportSignature], s_snpChecks);
    public static readonly FlipRegion SnpSignature = new(Snp, "R and S", [SnpReportSignature], []);
    public static readonly FlipRegion SnpSignatureReserved = new(Snp, "rest of the signature field", [EvidenceFormat], []);
    public static readonly FlipRegion Vek = new(Snp, "VCEK or VLEK", [SnpChain], s_vekChecks) { IsCollateral = true };
    public static readonly FlipRegion Ask = new(Snp, "ASK or ASVK", [SnpChain], s_vekChecks, PemText) { IsCollateral = true };
    public static readonly FlipRegion Ark = new(Snp, "ARK", [TrustRoot, SnpChain], s_vekChecks, PemText) { IsCollateral = true };
    public static readonly FlipRegion ArkRevocationList = new(Snp, "CRL of the ARK", [SnpCrl], []) { IsCollateral = true };

    // Azure: paravisor and virtual TPM around a report.
    public static readonly FlipRegion HclHeader = new(Azure, "header of the HCL report", [EvidenceFormat], []);
    public static readonly FlipRegion HclHardwareReport =
        new(Azure, "SEV-SNP report in the HCL report", [EvidenceFormat, SnpReportSignature], [.. s_snpChecks, RuntimeData]);
    public static readonly FlipRegion HclTdReport = new(
        Azure, "TDREPORT in the HCL report", [], [], "all: only its own machine could verify it; the quote speaks for the TD");
    public static readonly FlipRegion HclRuntimeHeader = new(Azure, "header of the runtime data", [EvidenceFormat, RuntimeData], []);
    public static readonly FlipRegion HclRuntimeData =
        new(Azure, "runtime data", [EvidenceFormat, RuntimeData], [VtpmQuoteSignature, VtpmUserData]);
    public static readonly FlipRegion HclTrailing = new(
        Azure, "bytes after the runtime data", [], [], "all: they belong to the TPM's NV index, not to the report");
    public static readonly FlipRegion TpmMessage =
        new(Azure, "TPMS_ATTEST", [EvidenceFormat, VtpmQuoteSignature], [VtpmPcrDigest, VtpmNonce, VtpmUserData]);
    public static readonly FlipRegion TpmSignature = new(Azure, "signature of the TPM", [VtpmQuoteSignature], []);
    public static readonly FlipRegion Pcr = new(Azure, "value of a quoted PCR", [VtpmPcrDigest], []);
    public static readonly FlipRegion AzureTdQuote = new(Azure, "TD quote: header and TD report", [EvidenceFormat, QuoteSignature], s_bodyChecks);

    // Endorsements.
    public static readonly FlipRegion CoseFrame = new(
        Cose, "CBOR around the parts", [EndorsementFormat], [EndorsementSignature], "encodings that say the same, such as another tag size");
    public static readonly FlipRegion CoseProtected = new(
        Cose, "protected header, certificates with it", [EndorsementFormat, EndorsementChain, EndorsementSignature],
        [EndorsementIssuer, EndorsementChainValidity, EndorsementTrust, EndorsementSvn])
    { IsCollateral = true };
    public static readonly FlipRegion CoseUnprotected = new(
        Cose, "unprotected header", [EndorsementFormat], [], "all that stay well-formed: nothing in it is read")
    { IsCollateral = true };
    public static readonly FlipRegion CosePayload = new(Cose, "payload", [EndorsementFormat, EndorsementSignature], [EndorsementSvn]);
    public static readonly FlipRegion CoseSignature = new(Cose, "signature", [EndorsementSignature], []);

    // GPUs.
    public static readonly FlipRegion GpuSigned = new(
        Gpu, "request and answer", [EvidenceFormat, CheckId.GpuReportSignature],
        [CheckId.GpuNonce, CheckId.GpuFirmwareId, CheckId.GpuMeasurements, CheckId.GpuVersions]);
    public static readonly FlipRegion GpuSignature = new(Gpu, "signature", [CheckId.GpuReportSignature], []);
    public static readonly FlipRegion GpuTrailing = new(Gpu, "zeros after the signature", [EvidenceFormat], []);
    public static readonly FlipRegion GpuCertificates = new(
        Gpu, "certificates", [TrustRoot, GpuChain], [GpuChainValidity, CheckId.GpuReportSignature, CheckId.GpuFirmwareId], PemText)
    { IsCollateral = true };

    // Event logs are signed by nobody: the registers of a genuine quote bind the digests.
    public static readonly FlipRegion EventLog = new(
        Log, "header, event headers, digests, data", [EventLogFormat, EventLogReplay], [EventLogData],
        "those after which every register is extended by the same digests: types, descriptions, data that no digest covers")
    {
        MayKeepClaims = true,
    };

    /// <summary>Every region, in the order of the table.</summary>
    public static ImmutableArray<FlipRegion> All { get; } =
    [
        QuoteHeader, QuoteBodyHeader, QuoteBody, SignatureDataSize, Signature, AttestationKey, OuterCertification, QeReport, QeSignature,
        QeAuthenticationSize, QeAuthenticationData, CertificationType, CertificationSize, CertificationPlatform, CertificationUnread, Pck,
        PckCa, Root, Trailing,
        TcbInfoBody, TcbInfoSigned, TcbInfoChain, QeIdentityBody, QeIdentitySigned, QeIdentityChain, RootRevocationList, PckRevocationList,
        SnpBody, SnpSignature, SnpSignatureReserved, Vek, Ask, Ark, ArkRevocationList,
        HclHeader, HclHardwareReport, HclTdReport, HclRuntimeHeader, HclRuntimeData, HclTrailing, TpmMessage, TpmSignature, Pcr, AzureTdQuote,
        CoseFrame, CoseProtected, CoseUnprotected, CosePayload, CoseSignature,
        GpuSigned, GpuSignature, GpuTrailing, GpuCertificates,
        EventLog,
    ];
}
