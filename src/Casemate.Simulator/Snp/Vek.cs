using System.Collections.Immutable;
using System.Formats.Asn1;
using Casemate.Attestation.Snp;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Snp;

/// <summary>Content of VCEK and VLEK certificates. Source: AMD 57230, section 3.1; order as in AMD's certificates.</summary>
internal static class Vek
{
    public static ImmutableArray<CertificateExtension> ExtensionsOf(SnpScenario scenario, SnpProduct product, bool vlek, byte[] chipId)
    {
        var content = scenario.Vek;
        var tcb = content.Tcb ?? scenario.ReportedTcb;
        var turin = product is SnpProduct.Turin;
        var list = new List<CertificateExtension>
        {
            Number("1", content.StructVersion ?? (turin ? 1 : 0)),
            Text("2", content.ProductName ?? (!vlek && product is SnpProduct.Milan ? "Milan-B0" : product.ToString())),
        };
        if (turin)
        {
            list.AddRange(Number("3.9", tcb.Fmc ?? 0), Number("3.1", tcb.BootLoader), Number("3.2", tcb.Tee), Number("3.3", tcb.Snp));
            list.AddRange(Number("3.5", 0), Number("3.6", 0), Number("3.7", 0), Number("3.8", tcb.Microcode));
        }
        else
        {
            list.AddRange(Number("3.1", tcb.BootLoader), Number("3.2", tcb.Tee), Number("3.4", 0), Number("3.5", 0));
            list.AddRange(Number("3.6", 0), Number("3.7", 0), Number("3.3", tcb.Snp), Number("3.8", tcb.Microcode));
        }

        if (vlek)
        {
            list.Add(Text("5", content.CspId));
        }
        else
        {
            // The raw bytes, without the OCTET STRING that one would expect inside an extension: so AMD does it.
            var hardwareId = content.HardwareId ?? chipId;
            FieldSize.Require(hardwareId, SnpReportWriter.ChipIdSize(product), nameof(content.HardwareId));
            list.Add(new CertificateExtension($"{Oids.AmdVek}.4", Critical: false, hardwareId));
        }

        return [.. list];
    }

    /// <summary>What the endorsement key is derived from: chip (or provider) and TCB, so that another TCB has another key.</summary>
    public static byte[] DerivationContext(SnpScenario scenario, SnpProduct product, bool vlek, byte[] chipId)
    {
        var tcb = new byte[8];
        (scenario.Vek.Tcb ?? scenario.ReportedTcb).Encode(tcb, product);
        return [(byte)product, .. tcb, .. vlek ? System.Text.Encoding.UTF8.GetBytes(scenario.Vek.CspId) : chipId];
    }

    private static CertificateExtension Number(string arc, int value) =>
        new($"{Oids.AmdVek}.{arc}", Critical: false, Extensions.Encode(w => w.WriteInteger(value)));

    private static CertificateExtension Text(string arc, string value) =>
        new($"{Oids.AmdVek}.{arc}", Critical: false, Extensions.Encode(w => w.WriteCharacterString(UniversalTagNumber.IA5String, value)));
}
