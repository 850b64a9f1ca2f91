using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>A temporary directory with evidence in the form that the programs in <c>tests/independent</c> read.</summary>
internal sealed class EvidenceDirectory : IDisposable
{
    private EvidenceDirectory() => Path = Directory.CreateTempSubdirectory("casemate-evidence-").FullName;

    public string Path { get; }

    public static EvidenceDirectory Empty() => new();

    public static EvidenceDirectory OfQuote(byte[] quote, DcapCollateral collateral, byte[] rootDer, byte[] pckCaAndRootPem)
    {
        var directory = new EvidenceDirectory();
        directory.Write("quote.bin", quote);
        directory.Write("root.der", rootDer);
        directory.Write("collateral.json", CollateralJson(collateral, pckCaAndRootPem));
        return directory;
    }

    public static EvidenceDirectory OfQuote(SimulatedDcap dcap, byte[] quote, Tee tee)
    {
        var chain = PemEncodingOf(dcap.PckCaDer) + PemEncodingOf(dcap.RootCaDer);
        return OfQuote(quote, dcap.Collateral(tee, TestPlatform.Noon), dcap.RootCaDer, Encoding.ASCII.GetBytes(chain));
    }

    public static EvidenceDirectory OfReport(SimulatedSnp snp, byte[] report)
    {
        var endorsements = snp.Endorsements(TestPlatform.Noon);
        var directory = new EvidenceDirectory();
        directory.Write("report.bin", report);
        directory.Write("vek.der", endorsements.Vek.Span);
        directory.Write("ask.der", endorsements.Ask.Span);
        directory.Write("ark.der", endorsements.Ark.Span);
        directory.Write("root.der", snp.ArkDer);
        directory.Write("crl.der", endorsements.Crl!.Value.Span);
        return directory;
    }

    public void Write(string name, ReadOnlySpan<byte> content) => File.WriteAllBytes(PathOf(name), content.ToArray());

    public void WritePem(string name, string label, ReadOnlySpan<byte> der) =>
        File.WriteAllText(PathOf(name), PemEncoding.WriteString(label, der) + "\n");

    public byte[] Read(string name) => File.ReadAllBytes(PathOf(name));

    /// <summary>Flips the lowest bit of one byte; a negative offset counts from the end.</summary>
    public void Flip(string name, int offset)
    {
        var content = Read(name);
        content[offset < 0 ? content.Length + offset : offset] ^= 1;
        Write(name, content);
    }

    /// <summary>Replaces text in a file exactly once.</summary>
    public void Replace(string name, string old, string replacement)
    {
        var text = File.ReadAllText(PathOf(name));
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, $"'{old}' is not in {name}");
        File.WriteAllText(PathOf(name), string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + old.Length)));
    }

    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string PemEncodingOf(byte[] der) => PemEncoding.WriteString("CERTIFICATE", der) + "\n";

    // The member names that open-source verifiers use for a set of collateral.
    private static byte[] CollateralJson(DcapCollateral collateral, byte[] pckCaAndRootPem)
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("pck_crl_issuer_chain", pckCaAndRootPem);
            writer.WriteString("root_ca_crl", Convert.ToHexStringLower(collateral.RootCaCrl.Span));
            writer.WriteString("pck_crl", Convert.ToHexStringLower(collateral.PckCrl.Span));
            writer.WriteString("tcb_info_issuer_chain", collateral.TcbInfo.IssuerChainPem.Span);
            writer.WriteString("tcb_info", collateral.TcbInfo.Body.Span);
            writer.WriteString("tcb_info_signature", Convert.ToHexStringLower(collateral.TcbInfo.Signature.Span));
            writer.WriteString("qe_identity_issuer_chain", collateral.QeIdentity.IssuerChainPem.Span);
            writer.WriteString("qe_identity", collateral.QeIdentity.Body.Span);
            writer.WriteString("qe_identity_signature", Convert.ToHexStringLower(collateral.QeIdentity.Signature.Span));
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
