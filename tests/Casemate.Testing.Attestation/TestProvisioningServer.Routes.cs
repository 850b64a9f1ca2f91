using System.Globalization;
using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Simulator;
using Casemate.Simulator.Pki;
using Casemate.Simulator.Snp;
using Microsoft.AspNetCore.Http;

namespace Casemate.Testing.Attestation;

/// <content>Routes and documents.</content>
public sealed partial class TestProvisioningServer
{
    private Answer? Find(HttpRequest request, string path, ProvisioningFault fault, DateTimeOffset now)
    {
        var parts = path.Trim('/').Split('/');
        return parts switch
        {
            ["IntelSGXRootCA.der"] => new Answer(Provisioning(fault).RootCaCrl(now).Body, "application/pkix-crl"),
            ["sgx", "certification", "v4", "platforms"] when request.Method == "POST" => new Answer(
                "Operation successful."u8.ToArray(), "text/plain")
            { Status = request.Headers["user-token"] == UserToken ? 200 : 401 },
            [var tee, "certification", ['v', var version], .. var rest] when tee is "sgx" or "tdx" =>
                Certification(request, tee is "tdx" ? Tee.Tdx : Tee.Sgx, version - '0', string.Join('/', rest), fault, now),
            ["sgx", "registration", "v1", "platform"] when request.Method == "POST" && request.ContentType == "application/octet-stream" =>
                new Answer(Encoding.ASCII.GetBytes(new string('A', 32)), "text/plain") { Status = 201 },
            ["metadata", "THIM", "sgx", "certification", "v4", "pckcert"] => ThimPck(request, fault),
            ["metadata", "instance"] => request.Headers["Metadata"] == "true"
                ? new Answer("""{"compute":{"location":"westeurope","name":"vm"},"network":{}}"""u8.ToArray(), "application/json")
                : new Answer([], "text/plain") { Status = 400 },
            ["metadata", "THIM", "amd", "certification"] => ThimVcek(request, fault, now),
            [var kind, "v1", var product, .. var rest] when kind is "vcek" or "vlek" && Enum.TryParse<SnpProduct>(product, out var line) =>
                Kds(request, kind is "vlek" ? SnpSigner.Vlek : SnpSigner.Vcek, line, string.Join('/', rest), fault, now),
            _ => null,
        };
    }

    private SimulatedProvisioning Provisioning(ProvisioningFault fault) => (fault switch
    {
        ProvisioningFault.OtherRoot => SimulatedHardware.Other.Platform.Dcap,
        ProvisioningFault.WrongSignature => Dcap.With(s => s with
        {
            Signers = s.Signers with
            {
                TcbInfo = SignedBy.Stranger,
                QeIdentity = SignedBy.Stranger,
                RootCrl = SignedBy.Stranger,
                PckCrl = SignedBy.Stranger,
                Pck = SignedBy.Stranger,
            },
        }),
        ProvisioningFault.OtherSubject => Dcap.With(s => s with
        {
            Machine = s.Machine with { Fmspc = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66], PceId = [0x77, 0x00] },
        }),
        _ => Dcap,
    }).Provisioning;

    private SimulatedSnp Snp(SnpProduct product, ProvisioningFault fault) => fault switch
    {
        ProvisioningFault.OtherRoot => SimulatedHardware.Other.Platform.Snp(product),
        ProvisioningFault.WrongSignature => _platform.Snp(product).With(s => s with
        {
            Signers = new SnpSigners { Ask = SignedBy.Stranger, Vek = SignedBy.Stranger, Crl = SignedBy.Stranger },
        }),
        ProvisioningFault.OtherSubject => _platform.Snp(product).With(
            s => s with { Vek = new VekContent { Tcb = new SnpTcb(product is SnpProduct.Turin ? 9 : null, 9, 9, 9, 9) } }),
        _ => _platform.Snp(product),
    };

    private Answer? Certification(HttpRequest request, Tee tee, int version, string route, ProvisioningFault fault, DateTimeOffset now)
    {
        var provisioning = Provisioning(fault);
        var early = request.Query["update"] == "early" || request.Query["tcbEvaluationDataNumber"] == "21";
        if (request.Query["tcbEvaluationDataNumber"] is [{ Length: > 0 } number] && number is not ("20" or "21"))
        {
            return new Answer([], "text/plain") { Status = int.Parse(number, CultureInfo.InvariantCulture) < 20 ? 410 : 404 };
        }

        var swap = fault is ProvisioningFault.OtherSubject;
        switch (route)
        {
            case "tcb":
                return request.Query["fmspc"].ToString().Equals(Dcap.Provisioning.Fmspc, StringComparison.OrdinalIgnoreCase)
                    ? Json(provisioning.TcbInfo(tee, now, early, version), version == 3
                        ? "SGX-TCB-Info-Issuer-Chain" : "TCB-Info-Issuer-Chain")
                    : null;
            case "qe/identity":
                return Json(provisioning.QeIdentity(
                    swap ? tee is Tee.Tdx ? Tee.Sgx : Tee.Tdx : tee, now, early), "SGX-Enclave-Identity-Issuer-Chain");
            case "qve/identity":
                return Json(swap
                    ? provisioning.QeIdentity(Tee.Sgx, now) : provisioning.QveIdentity(now, early), "SGX-Enclave-Identity-Issuer-Chain");
            case "tcbevaluationdatanumbers" when version == 4:
                return Json(
                    provisioning.TcbEvaluationNumbers(swap ? tee is Tee.Tdx ? Tee.Sgx : Tee.Tdx : tee, now),
                    "TCB-Evaluation-Data-Numbers-Issuer-Chain");
            case "fmspcs" when version == 4 && tee is Tee.Sgx:
                return new Answer(swap ? "{}"u8.ToArray() : provisioning.Fmspcs().Body, "application/json");
            case "rootcacrl":
                return new Answer(Encoding.ASCII.GetBytes(Convert.ToHexString(provisioning.RootCaCrl(now).Body)), "application/pkix-crl");
            case "pckcrl" when request.Query["uri"].ToString() is { Length: > 0 } uri:
                return uri.Contains("IntelSGXRootCA", StringComparison.Ordinal)
                    ? new Answer(provisioning.RootCaCrl(now).Body, "application/pkix-crl")
                    : PckCrl(provisioning, uri.Contains("ca=platform", StringComparison.Ordinal) != swap, der: true, now);
            case "pckcrl":
                return PckCrl(provisioning, (request.Query["ca"] == "platform") != swap, request.Query["encoding"] == "der", now);
            case "pckcert":
                return PckCert(request, provisioning);
            case "pckcerts":
                if (request.Headers["Ocp-Apim-Subscription-Key"] != SubscriptionKey)
                {
                    return new Answer([], "text/plain") { Status = 401 };
                }

                return request.Method == "POST"
                    || request.Query["encrypted_ppid"].ToString().Equals(
                        Dcap.Provisioning.EncryptedPpid, StringComparison.OrdinalIgnoreCase)
                    ? Json(
                        provisioning.PckCertificates(), "SGX-PCK-Certificate-Issuer-Chain", ("SGX-FMSPC", provisioning.Fmspc),
                        ("SGX-PCK-Certificate-CA-Type", provisioning.PlatformCa ? "platform" : "processor"))
                    : null;
            default:
                return null;
        }
    }

    private static Answer Json(SimulatedDocument document, string chainHeader, params (string, string)[] others) =>
        new(document.Body, "application/json", [(chainHeader, Uri.EscapeDataString(document.IssuerChainPem)), .. others]);

    private static Answer PckCrl(SimulatedProvisioning provisioning, bool platformCa, bool der, DateTimeOffset now)
    {
        var crl = provisioning.PckCrl(platformCa, now);
        var chain = ("SGX-PCK-CRL-Issuer-Chain", Uri.EscapeDataString(crl.IssuerChainPem));
        return der
            ? new Answer(crl.Body, "application/pkix-crl", chain)
            : new Answer(Encoding.ASCII.GetBytes(Convert.ToHexString(crl.Body)), "application/x-pem-file", chain);
    }

    private Answer PckCert(HttpRequest request, SimulatedProvisioning provisioning)
    {
        if (!request.Query["qeid"].ToString().Equals(Dcap.Provisioning.QeId, StringComparison.OrdinalIgnoreCase))
        {
            return new Answer([], "text/plain") { Status = 461 };
        }

        var (pem, tcbm, chain) = OwnCertificate(provisioning);
        return new Answer(
            Encoding.ASCII.GetBytes(pem), "application/x-pem-file", ("SGX-TCBm", tcbm), ("SGX-FMSPC", provisioning.Fmspc),
            ("SGX-PCK-Certificate-Issuer-Chain", Uri.EscapeDataString(chain)));
    }

    private Answer? ThimPck(HttpRequest request, ProvisioningFault fault)
    {
        if (request.Headers["Metadata"] != "true")
        {
            return new Answer([], "text/plain") { Status = 400 };
        }

        var (pem, tcbm, chain) = OwnCertificate(Provisioning(fault));
        return JsonOf(
            new() { ["pckCert"] = pem, ["tcbm"] = tcbm, ["SGX-PCK-Certificate-Issuer-Chain"] = Uri.EscapeDataString(chain) }, fault);
    }

    private Answer? ThimVcek(HttpRequest request, ProvisioningFault fault, DateTimeOffset now)
    {
        if (request.Headers["Metadata"] != "true")
        {
            return new Answer([], "text/plain") { Status = 400 };
        }

        var snp = Snp(SnpProduct.Milan, fault);
        var vcek = snp.KeyDistribution.Vcek(snp.KeyDistribution.ChipId, snp.Scenario.ReportedTcb, now)!;
        return JsonOf(
            new()
            {
                ["vcekCert"] = System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", vcek) + "\n",
                ["tcbm"] = "DB18000000000004",
                ["certificateChain"] = snp.KeyDistribution.ChainPem(SnpSigner.Vcek, now),
                ["cacheControl"] = "86400",
            },
            fault);
    }

    private static Answer JsonOf(Dictionary<string, string> members, ProvisioningFault fault)
    {
        if (fault is ProvisioningFault.NoChain)
        {
            members.Remove("SGX-PCK-Certificate-Issuer-Chain");
            members.Remove("certificateChain");
        }

        return new Answer(JsonSerializer.SerializeToUtf8Bytes(members), "application/json");
    }

    private static (string Pem, string Tcbm, string Chain) OwnCertificate(SimulatedProvisioning provisioning)
    {
        var all = provisioning.PckCertificates();
        using var json = JsonDocument.Parse(all.Body);
        var own = json.RootElement.EnumerateArray().First(item => item.GetProperty("cert").GetString() != "Not available");
        return (Uri.UnescapeDataString(own.GetProperty("cert").GetString()!), own.GetProperty("tcbm").GetString()!, all.IssuerChainPem);
    }

    private Answer? Kds(
        HttpRequest request, SnpSigner signer, SnpProduct product, string route, ProvisioningFault fault, DateTimeOffset now)
    {
        var snp = Snp(product, fault);
        switch (route)
        {
            case "cert_chain":
                return new Answer(Encoding.ASCII.GetBytes(snp.KeyDistribution.ChainPem(signer, now)), "application/x-pem-file");
            case "crl":
                return new Answer(snp.KeyDistribution.Crl(signer, now), "application/pkix-crl");
            case "cert" when signer is SnpSigner.Vlek:
                return new Answer(snp.KeyDistribution.Vlek(ReadTcb(request, product), now), "application/x-x509-ca-cert");
            default:
                return snp.KeyDistribution.Vcek(
                    fault is ProvisioningFault.OtherRoot ? snp.KeyDistribution.ChipId : route, ReadTcb(request, product), now) is { } vcek
                    ? new Answer(vcek, "application/x-x509-ca-cert")
                    : null;
        }
    }

    private static SnpTcb ReadTcb(HttpRequest request, SnpProduct product)
    {
        byte Svn(string name) => byte.Parse(request.Query[name].ToString(), CultureInfo.InvariantCulture);
        return new SnpTcb(product is SnpProduct.Turin ? Svn("fmcSPL") : null, Svn("blSPL"), Svn("teeSPL"), Svn("snpSPL"), Svn("ucodeSPL"));
    }
}
