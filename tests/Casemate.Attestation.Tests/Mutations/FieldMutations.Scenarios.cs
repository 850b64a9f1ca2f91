using System.Security.Cryptography.X509Certificates;
using Casemate.Simulator;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;
using Casemate.Simulator.Snp;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation.Tests.Mutations;

/// <content>Evidence and collateral that are signed throughout and wrong in one way: name, change, the checks that fail.</content>
public static partial class FieldMutations
{
    private static readonly DateTimeOffset s_past = Simulated.Noon.AddSeconds(-1);
    private static readonly DateTimeOffset s_future = Simulated.Noon.AddSeconds(1);
    private static byte[] ReportData => Simulated.Bytes(64, 0x80);
    private static SimulatedEnclave Enclave => new() { MrEnclave = Simulated.Bytes(32, 0x11) };

    private static readonly Dictionary<string, (string Kind, Func<DcapScenario, DcapScenario> Change, CheckId[] Expected)> s_dcap = new()
    {
        // Chain.
        ["PCK CA by a stranger"] = ("both", s => s with { Signers = new() { PckCa = SignedBy.Stranger } }, [CheckId.PckChain]),
        ["PCK by a stranger"] = ("both", s => s with { Signers = new() { Pck = SignedBy.Stranger } }, [CheckId.PckChain]),
        ["PCK CA with another name"] =
            ("both", s => s with { Certificates = new() { PckCa = new() { CommonName = "Intel SGX PCK Other CA" } } }, [CheckId.PckChain]),
        ["PCK CA that is no CA"] =
            ("both", s => s with { Certificates = new() { PckCa = new() { IsCertificateAuthority = false } } }, [CheckId.PckChain]),
        ["PCK that is a CA"] =
            ("both", s => s with { Certificates = new() { Pck = new() { IsCertificateAuthority = true } } }, [CheckId.PckChain]),
        ["PCK CA that may not sign certificates"] = (
            "both",
            s => s with { Certificates = new() { PckCa = new() { KeyUsage = X509KeyUsageFlags.CrlSign } } },
            [CheckId.PckChain]),
        ["PCK with an unknown critical extension"] = (
            "both",
            s => s with { Certificates = new() { Pck = new() { AddedExtensions = [new CertificateExtension("1.2.3.4", true, [5, 0])] } } },
            [CheckId.PckChain]),
        ["PCK expired"] = ("both", s => s with { Certificates = new() { Pck = new() { NotAfter = s_past } } }, [CheckId.PckChainValidity]),
        ["PCK not yet valid"] =
            ("both", s => s with { Certificates = new() { Pck = new() { NotBefore = s_future } } }, [CheckId.PckChainValidity]),
        ["PCK CA expired"] =
            ("both", s => s with { Certificates = new() { PckCa = new() { NotAfter = s_past } } }, [CheckId.PckChainValidity]),
        ["PCK without SGX extension"] = (
            "both",
            s => s with { Certificates = new() { Pck = new() { OmittedExtensions = ["1.2.840.113741.1.13.1"] } } },
            [CheckId.SgxExtension, CheckId.TcbInfoPlatform, CheckId.TcbStatus]),

        ["certification data of another machine"] = (
            "both",
            s => s with { CertificationDataType = 1, CertifiedMachine = s.Machine with { PceSvn = 12 } },
            [CheckId.CertificationData]),
        ["certification data of another CPUSVN"] = (
            "sgx3",
            s => s with { CertificationDataType = 3, CertifiedMachine = s.Machine with { CpuSvn = new byte[16] } },
            [CheckId.CertificationData]),
        ["certification data of another PCEID"] = (
            "tdx4",
            s => s with { CertificationDataType = 2, CertifiedMachine = s.Machine with { PceId = [1, 0] } },
            [CheckId.CertificationData]),
        ["certification data with another PPID"] = (
            "both",
            s => s with { CertificationDataType = 1, CertifiedMachine = s.Machine with { Ppid = new byte[16] } },
            [CheckId.CertificationData]),

        // Revocation.
        ["root CRL by a stranger"] = (
            "both", s => s with { Signers = new() { RootCrl = SignedBy.Stranger } },
            [CheckId.RootCrl, CheckId.PckCaNotRevoked, CheckId.TcbInfoSigner, CheckId.QeIdentitySigner]),
        ["PCK CRL by a stranger"] =
            ("both", s => s with { Signers = new() { PckCrl = SignedBy.Stranger } }, [CheckId.PckCrl, CheckId.PckNotRevoked]),
        ["PCK CRL of another CA"] = (
            "sgx", s => s with { PckCrl = new() { IssuerCommonName = "Intel SGX PCK Processor CA" } },
            [CheckId.PckCrl, CheckId.PckNotRevoked]),
        ["root CRL without number"] = (
            "both", s => s with { RootCrl = new() { OmitCrlNumber = true } },
            [CheckId.RootCrl, CheckId.PckCaNotRevoked, CheckId.TcbInfoSigner, CheckId.QeIdentitySigner]),
        ["PCK CRL without key identifier"] = (
            "both", s => s with { PckCrl = new() { OmitAuthorityKeyIdentifier = true } },
            [CheckId.PckCrl, CheckId.PckNotRevoked]),
        ["root CRL stale"] = ("both", s => s with { RootCrl = new() { NextUpdate = s_past } }, [CheckId.RootCrlFreshness]),
        ["root CRL of the future"] = ("both", s => s with { RootCrl = new() { ThisUpdate = s_future } }, [CheckId.RootCrlFreshness]),
        ["PCK CRL stale"] = ("both", s => s with { PckCrl = new() { NextUpdate = s_past } }, [CheckId.PckCrlFreshness]),
        ["PCK CRL of the future"] = ("both", s => s with { PckCrl = new() { ThisUpdate = s_future } }, [CheckId.PckCrlFreshness]),
        ["PCK CA revoked"] = ("both", s => s with { Revoked = [DcapCertificate.PckCa] }, [CheckId.PckCaNotRevoked]),
        ["PCK revoked"] = ("both", s => s with { Revoked = [DcapCertificate.Pck] }, [CheckId.PckNotRevoked]),
        ["TCB signer revoked"] =
            ("both", s => s with { Revoked = [DcapCertificate.TcbSigner] }, [CheckId.TcbInfoSigner, CheckId.QeIdentitySigner]),

        // Collateral.
        ["TCB signer by a stranger"] = (
            "both", s => s with { Signers = new() { TcbSigner = SignedBy.Stranger } },
            [CheckId.TcbInfoSigner, CheckId.QeIdentitySigner, CheckId.TcbStatus]),
        ["TCB signer with another name"] = (
            "both", s => s with { Certificates = new() { TcbSigner = new() { CommonName = "Intel SGX Something" } } },
            [CheckId.TcbInfoSigner, CheckId.QeIdentitySigner, CheckId.TcbStatus]),
        ["TCB signer expired"] = (
            "both", s => s with { Certificates = new() { TcbSigner = new() { NotAfter = s_past } } },
            [CheckId.TcbInfoSignerValidity, CheckId.QeIdentitySignerValidity]),
        ["TCB info by a stranger"] =
            ("both", s => s with { Signers = new() { TcbInfo = SignedBy.Stranger } }, [CheckId.TcbInfoSignature, CheckId.TcbStatus]),
        ["TCB info of an unknown version"] = (
            "sgx", s => s with { SgxTcbInfo = s.SgxTcbInfo with { Version = 4 } },
            [CheckId.CollateralVersion, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["TCB info of an unknown type"] = (
            "sgx", s => s with { SgxTcbInfo = s.SgxTcbInfo with { TcbType = 1 } },
            [CheckId.TcbInfoFormat, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["TCB info with an unknown status"] = (
            "sgx", s => s with { SgxTcbInfo = s.SgxTcbInfo.WithNewestLevel("QuiteFine") },
            [CheckId.TcbInfoFormat, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["TCB info stale"] =
            ("sgx", s => s with { SgxTcbInfo = s.SgxTcbInfo with { NextUpdate = s_past } }, [CheckId.TcbInfoFreshness]),
        ["TCB info of the future"] =
            ("tdx", s => s with { TdxTcbInfo = s.TdxTcbInfo with { IssueDate = s_future } }, [CheckId.TcbInfoFreshness]),
        ["TCB info for TDX with an SGX quote"] =
            ("sgx", s => s with { SgxTcbInfo = TcbInfoContent.Tdx }, [CheckId.TcbInfoTee, CheckId.TcbStatus]),
        ["TCB info of another FMSPC"] =
            ("sgx", s => s with { SgxTcbInfo = s.SgxTcbInfo with { Fmspc = [1, 2, 3, 4, 5, 6] } }, [CheckId.TcbInfoPlatform]),
        ["TCB info of another PCEID"] =
            ("tdx", s => s with { TdxTcbInfo = s.TdxTcbInfo with { PceId = [0, 1] } }, [CheckId.TcbInfoPlatform]),
        ["QE identity by a stranger"] = (
            "both", s => s with { Signers = new() { QeIdentity = SignedBy.Stranger } }, [CheckId.QeIdentitySignature, CheckId.TcbStatus]),
        ["QE identity of an unknown version"] = (
            "sgx", s => s with { QeIdentity = s.QeIdentity with { Version = 3 } },
            [CheckId.CollateralVersion, CheckId.QeIdentityFreshness, CheckId.QeIdentity, CheckId.TcbStatus]),
        ["TD QE identity of the retired version"] = (
            "tdx", s => s with { TdQeIdentity = s.TdQeIdentity with { Version = 1, Id = null } },
            [CheckId.CollateralVersion, CheckId.QeIdentityFreshness, CheckId.QeIdentity, CheckId.TcbStatus]),
        ["TCB info of the retired version"] = (
            "sgx", s => s with { SgxTcbInfo = s.SgxTcbInfo with { Version = 1, Id = null } },
            [CheckId.CollateralVersion, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["QE identity stale"] =
            ("sgx", s => s with { QeIdentity = s.QeIdentity with { NextUpdate = s_past } }, [CheckId.QeIdentityFreshness]),
        ["QE identity of the future"] =
            ("tdx", s => s with { TdQeIdentity = s.TdQeIdentity with { IssueDate = s_future } }, [CheckId.QeIdentityFreshness]),

        // Quote.
        ["QE report by a stranger"] =
            ("both", s => s with { Signers = new() { QeReport = SignedBy.Stranger } }, [CheckId.QeReportSignature]),
        ["QE report without binding"] = (
            "sgx", s => s with { QuotingEnclave = s.QuotingEnclave with { ReportData = new byte[64] } }, [CheckId.QeReportData]),
        ["QE report with non-zero second half"] = (
            "both", s => s with { QeReportPatches = [new BytePatch(383, [1])] }, [CheckId.QeReportData]),
        ["QE identity of the other enclave"] =
            ("sgx", s => s with { QeIdentity = s.QeIdentity with { Id = "TD_QE" } }, [CheckId.QeIdentity]),
        ["QE of another signer"] = (
            "sgx", s => s with { QuotingEnclave = s.QuotingEnclave with { MrSigner = new byte[32] } }, [CheckId.QeIdentity]),
        ["QE of another product"] = (
            "tdx", s => s with { TdQuotingEnclave = s.TdQuotingEnclave with { IsvProdId = 9 } }, [CheckId.QeIdentity]),
        ["QE open to debuggers"] = (
            "sgx", s => s with { QuotingEnclave = s.QuotingEnclave with { Flags = 0x17 } }, [CheckId.QeIdentity]),
        ["QE with another MISCSELECT"] = (
            "sgx", s => s with { QuotingEnclave = s.QuotingEnclave with { MiscSelect = 1 } }, [CheckId.QeIdentity]),
        ["QE out of date"] = ("sgx", s => s with { QuotingEnclave = s.QuotingEnclave with { IsvSvn = 7 } }, [CheckId.TcbStatus]),
        ["QE revoked"] = ("tdx", s => s with { TdQuotingEnclave = s.TdQuotingEnclave with { IsvSvn = 1 } }, [CheckId.TcbStatus]),
        ["QE older than any level"] = ("sgx", s => s with { QuotingEnclave = s.QuotingEnclave with { IsvSvn = 0 } }, [CheckId.TcbStatus]),
        ["quote by a stranger"] = ("both", s => s with { Signers = new() { Quote = SignedBy.Stranger } }, [CheckId.QuoteSignature]),
        ["quote of an unknown version"] = ("both", s => s with { QuotePatches = [new BytePatch(0, [6])] }, [CheckId.EvidenceFormat]),

        // TDX module.
        ["TDX module of another signer"] = (
            "tdx", s => s with { TdxModule = s.TdxModule with { MrSignerSeam = Simulated.Bytes(48, 1) } }, [CheckId.TdxModule]),
        ["TDX module with attributes"] = ("tdx", s => s with { TdxModule = s.TdxModule with { SeamAttributes = 1 } }, [CheckId.TdxModule]),
        ["TDX module out of date"] = (
            "tdx", s => s with { TdxModule = s.TdxModule with { TeeTcbSvn = [5, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] } },
            [CheckId.TcbStatus]),
        ["TDX module that nobody knows"] = (
            "tdx", s => s with { TdxModule = s.TdxModule with { TeeTcbSvn = [6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] } },
            [CheckId.TdxModule, CheckId.TcbStatus]),

        // Dates by a second, and collateral of other times and kinds.
        ["PCK CA not yet valid"] =
            ("both", s => s with { Certificates = new() { PckCa = new() { NotBefore = s_future } } }, [CheckId.PckChainValidity]),
        ["TCB signer not yet valid"] = (
            "both", s => s with { Certificates = new() { TcbSigner = new() { NotBefore = s_future } } },
            [CheckId.TcbInfoSignerValidity, CheckId.QeIdentitySignerValidity]),
        ["TCB info for SGX with a TDX quote"] =
            ("tdx", s => s with { TdxTcbInfo = TcbInfoContent.Sgx }, [CheckId.TcbInfoTee, CheckId.TdxModule, CheckId.TcbStatus]),
        ["TCB info without id that says version 3"] =
            ("sgx", s => s with { SgxTcbInfo = s.SgxTcbInfo with { Id = null } }, [CheckId.TcbInfoFormat, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["QE identity of the other enclave, TDX"] =
            ("tdx", s => s with { TdQeIdentity = s.TdQeIdentity with { Id = "QE" } }, [CheckId.QeIdentity]),
    };

    private static readonly Dictionary<string, (Tee Tee, Func<SimulatedDcap, byte[]> Make, CheckId Expected)> s_workloads = new()
    {
        ["other report data"] = (Tee.Sgx, d => d.QuoteSgx(Enclave, new byte[64]), CheckId.ReportData),
        ["other enclave"] = (Tee.Sgx, d => Sgx(d, e => e with { MrEnclave = new byte[32] }), CheckId.Identity),
        ["debug enclave"] = (Tee.Sgx, d => Sgx(d, e => e with { Flags = e.Flags | 0x02 }), CheckId.Debug),
        ["enclave with the provisioning key"] = (Tee.Sgx, d => Sgx(d, e => e with { Flags = e.Flags | 0x10 }), CheckId.ProvisionKey),
        ["enclave with the launch-token key"] = (Tee.Sgx, d => Sgx(d, e => e with { Flags = e.Flags | 0x20 }), CheckId.EinitTokenKey),
        ["enclave with a reserved flag"] = (Tee.Sgx, d => Sgx(d, e => e with { Flags = e.Flags | (1UL << 40) }), CheckId.ReservedBits),
        ["other TD"] = (Tee.Tdx, d => Tdx(d, t => t with { MrTd = new byte[48] }), CheckId.Identity),
        ["debug TD"] = (Tee.Tdx, d => Tdx(d, t => t with { TdAttributes = t.TdAttributes | SimulatedTd.Debug }), CheckId.Debug),
        ["TD without SEPT_VE_DISABLE"] = (Tee.Tdx, d => Tdx(d, t => t with { TdAttributes = 0 }), CheckId.SeptVeDisable),
        ["migratable TD"] =
            (Tee.Tdx, d => Tdx(d, t => t with { TdAttributes = t.TdAttributes | SimulatedTd.Migratable }), CheckId.Migratable),
        ["TD with a service TD"] = (Tee.Tdx, d => Tdx(d, t => t with { MrServiceTd = Simulated.Bytes(48, 9) }), CheckId.ServiceTd),
    };

    private static readonly Dictionary<string, (Func<SnpScenario, SnpScenario> Change, CheckId[] Expected)> s_snp = new()
    {
        ["ASK by a stranger"] = (s => s with { Signers = new() { Ask = SignedBy.Stranger } }, [CheckId.SnpChain]),
        ["VCEK by a stranger"] = (s => s with { Signers = new() { Vek = SignedBy.Stranger } }, [CheckId.SnpChain]),
        ["ASK with another name"] = (s => s with { Certificates = new() { Ask = new() { CommonName = "SEV-Other" } } }, [CheckId.SnpChain]),
        ["ASK that is no CA"] =
            (s => s with { Certificates = new() { Ask = new() { IsCertificateAuthority = false } } }, [CheckId.SnpChain]),
        ["ASK expired"] = (s => s with { Certificates = new() { Ask = new() { NotAfter = s_past } } }, [CheckId.SnpChainValidity]),
        ["VCEK expired"] = (s => s with { Certificates = new() { Vek = new() { NotAfter = s_past } } }, [CheckId.SnpChainValidity]),
        ["VCEK not yet valid"] = (s => s with { Certificates = new() { Vek = new() { NotBefore = s_future } } }, [CheckId.SnpChainValidity]),
        ["CRL by a stranger"] = (s => s with { Signers = new() { Crl = SignedBy.Stranger } }, [CheckId.SnpCrl]),
        ["CRL stale"] = (s => s with { Crl = new() { NextUpdate = s_past } }, [CheckId.SnpCrl]),
        ["CRL of the future"] = (s => s with { Crl = new() { ThisUpdate = s_future } }, [CheckId.SnpCrl]),
        ["no CRL"] = (s => s with { OmitCrl = true }, [CheckId.SnpCrl]),
        ["ASK revoked"] = (s => s with { Revoked = [SnpCertificate.Ask] }, [CheckId.SnpNotRevoked]),
        ["report by a stranger"] = (s => s with { Signers = new() { Report = SignedBy.Stranger } }, [CheckId.SnpReportSignature]),
        ["VCEK of another TCB"] =
            (s => s with { Vek = new() { Tcb = s.ReportedTcb with { Microcode = 1 } } }, [CheckId.VekTcb]),
        ["VCEK of another chip"] = (
            s => s with { Vek = new() { HardwareId = Simulated.Bytes(s.Cpu.Family == 0x1A ? 8 : 64, 1) } }, [CheckId.ChipId]),
        ["masked chip id"] = (s => s with { MaskChipId = true }, [CheckId.ChipId]),
        ["VCEK of an unknown product"] = (
            s => s with { Vek = new() { ProductName = "Rome" } },
            [CheckId.SnpChain, CheckId.SnpProduct, CheckId.VekTcb, CheckId.ChipId]),
        ["report names the other key"] = (s => s with { ReportedSigningKey = SnpSigner.Vlek }, [CheckId.SnpSigner]),
        ["reported above committed"] =
            (s => s with { CommittedTcb = s.CommittedTcb with { Snp = (byte)(s.CommittedTcb.Snp - 1) } }, [CheckId.TcbOrder]),
        ["committed above current"] = (
            s => s with
            {
                CurrentTcb = s.CurrentTcb with { BootLoader = (byte)(s.CurrentTcb.BootLoader - 1) },
                ReportedTcb = s.ReportedTcb with { BootLoader = (byte)(s.ReportedTcb.BootLoader - 1) },
            },
            [CheckId.TcbOrder]),
        ["unsigned report"] = (s => s with { SigningKey = SnpSigner.None }, [CheckId.EvidenceFormat]),
        ["report of an unknown version"] = (s => s with { ReportPatches = [new BytePatch(0, [6])] }, [CheckId.EvidenceFormat]),
        ["reserved platform bit"] = (s => s with { PlatformInfo = s.PlatformInfo | (1UL << 60) }, [CheckId.ReservedBits]),
        ["ASK not yet valid"] = (s => s with { Certificates = new() { Ask = new() { NotBefore = s_future } } }, [CheckId.SnpChainValidity]),
    };

    private static readonly Dictionary<string, (Func<SimulatedGuest, SimulatedGuest> Change, CheckId Expected)> s_guests = new()
    {
        ["other measurement"] = (g => g with { Measurement = new byte[48] }, CheckId.Identity),
        ["debug guest"] = (g => g with { Policy = g.Policy | SimulatedGuest.PolicyDebug }, CheckId.Debug),
        ["guest with a migration agent"] = (g => g with { Policy = g.Policy | SimulatedGuest.PolicyMigrateMa }, CheckId.GuestPolicy),
        ["report asked for at VMPL 2"] = (g => g with { Vmpl = 2 }, CheckId.Vmpl),
        ["reserved policy bit"] = (g => g with { Policy = g.Policy | (1UL << 50) }, CheckId.ReservedBits),
    };

    private static byte[] Sgx(SimulatedDcap dcap, Func<SimulatedEnclave, SimulatedEnclave> change) =>
        dcap.QuoteSgx(change(Enclave), ReportData);

    private static byte[] Tdx(SimulatedDcap dcap, Func<SimulatedTd, SimulatedTd> change) =>
        dcap.QuoteTdx(change(Simulated.Td), ReportData, 5);
}
