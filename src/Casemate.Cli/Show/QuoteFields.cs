using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Collateral;

namespace Casemate.Cli.Show;

/// <summary>Takes an SGX or TDX quote apart. Layout: Intel DCAP <c>sgx_quote_3.h</c>, <c>sgx_quote_4.h</c>, <c>sgx_quote_5.h</c>.</summary>
internal static class QuoteFields
{
    private const int HeaderBytes = 48;

    /// <summary>Reads a quote.</summary>
    /// <exception cref="MalformedInputException">It is not well-formed; the message has error and offset.</exception>
    public static ShownEvidence Read(EvidenceFile evidence, bool machineIds)
    {
        var bytes = evidence.Evidence.Span;
        var error = Quote.TryRead(bytes, out var quote, out var offset);
        if (error is not QuoteError.None)
        {
            throw new MalformedInputException(
                evidence.Name, $"is not a well-formed quote: {error} at byte {offset} of {bytes.Length}",
                "The handbook's page 'diagnostics' explains the name.");
        }

        var sections = new List<ShownSection> { Header(quote, machineIds) };
        if (quote.Version == 5)
        {
            var bodyHeader = new FieldList(bytes.Slice(HeaderBytes, 6).ToArray(), HeaderBytes, machineIds);
            var type = quote.BodyType;
            bodyHeader.Number("type", 0, 2, _ => Name(type));
            bodyHeader.Number("size", 2, 4);
            sections.Add(bodyHeader.Named("body header"));
        }

        var bodyStart = quote.SignedBytes.Length - quote.Body.Length;
        sections.Add(quote.Tee is Tee.Sgx
            ? SgxBodyFields.Read("body: SGX report", quote.Body, bodyStart)
            : TdBodyFields.Read($"body: {Name(quote.BodyType)}", quote.Body, bodyStart));
        var certificationStart = AddAuthentication(sections, bytes, quote, machineIds);
        var shown = new ShownEvidence
        {
            Tee = quote.Tee,
            Format = $"{quote.Tee.ToString().ToUpperInvariant()} quote v{quote.Version} ({Name(quote.BodyType)})",
            Size = bytes.Length,
            Sections = sections,
        };
        return WithCertificates(shown, quote, certificationStart);
    }

    private static ShownSection Header(in Quote quote, bool machineIds)
    {
        var fields = new FieldList(quote.Header.ToArray(), 0, machineIds);
        fields.Number("VERSION", 0, 2);
        fields.Number("ATTESTATION_KEY_TYPE", 2, 2, _ => "ECDSA P-256 with SHA-256");
        var tee = quote.Tee;
        fields.Number("TEE_TYPE", 4, 4, _ => tee.ToString().ToUpperInvariant());
        if (quote.Version == 3)
        {
            fields.Number("QE_SVN", 8, 2);
            fields.Number("PCE_SVN", 10, 2);
        }
        else
        {
            fields.Reserved(8, 4);
        }

        fields.Bytes("QE_VENDOR_ID", 12, 16, "Intel");

        // Intel's quoting enclave puts its QE id there, which is derived from the platform's keys and does not change.
        fields.MachineId("USER_DATA", 28, 20, "QE id of the platform");
        return fields.Named("header");
    }

    private static int AddAuthentication(List<ShownSection> sections, ReadOnlySpan<byte> bytes, in Quote quote, bool machineIds)
    {
        // Size (4), signature (64), attestation key (64); from version 4 on a container (type 2, size 4) around what follows.
        var start = quote.SignedBytes.Length;
        var report = start + 4 + 64 + 64 + (quote.Version == 3 ? 0 : 6);
        var fields = new FieldList(bytes[start..report].ToArray(), start, machineIds);
        fields.Number("size", 0, 4);
        fields.Bytes("signature", 4, 64, "r, s; big endian");
        fields.Bytes("attestation key", 68, 64, "x, y on P-256; big endian");
        if (quote.Version != 3)
        {
            fields.Number("certification type", 132, 2, _ => "6: QE report certification data");
            fields.Number("certification size", 134, 4);
        }

        sections.Add(fields.Named("authentication data"));
        sections.Add(SgxBodyFields.Read("QE report", quote.QeReport, report));

        var binding = report + quote.QeReport.Length;
        var data = quote.QeAuthenticationData.Length;
        var certification = binding + 64 + 2 + data + 6;
        var rest = new FieldList(bytes[binding..certification].ToArray(), binding, machineIds);
        rest.Bytes("QE report signature", 0, 64, "r, s; big endian");
        rest.Number("QE authentication size", 64, 2);
        if (data > 0)
        {
            rest.Bytes("QE authentication data", 66, data);
        }

        var type = quote.CertificationDataType;
        rest.Number("certification data type", 66 + data, 2, value => $"{value}: {Name(type)}");
        rest.Number("certification data size", 68 + data, 4);
        sections.Add(rest.Named("QE certification"));
        AddPpid(sections, quote, certification, machineIds);
        if (quote.TrailingBytes > 0)
        {
            var end = bytes.Length - quote.TrailingBytes;
            var padding = bytes[end..];
            var zero = !padding.ContainsAnyExcept((byte)0);
            var (hex, meaning) = zero
                ? ("00", "all zero, shown as one byte")
                : (Convert.ToHexStringLower(padding), "not zero; covered by no signature");
            var field = new ShownField("padding", end, padding.Length, hex, meaning, null);
            sections.Add(new ShownSection("after the quote", [field]));
        }

        return certification;
    }

    // Certification data of types 1 to 3: PPID (in clear or encrypted), CPUSVN, PCESVN, PCEID. The sample form leaves PCEID out.
    private static void AddPpid(List<ShownSection> sections, in Quote quote, int start, bool machineIds)
    {
        var ppid = quote.CertificationDataType switch
        {
            CertificationDataType.PpidClear => 16,
            CertificationDataType.PpidRsa2048 => 256,
            CertificationDataType.PpidRsa3072 => 384,
            _ => 0,
        };
        if (ppid == 0)
        {
            return;
        }

        var fields = new FieldList(quote.CertificationData.ToArray(), start, machineIds);
        fields.MachineId(ppid == 16 ? "PPID" : "encrypted PPID", 0, ppid);
        fields.Bytes("CPUSVN", ppid, 16);
        fields.Number("PCESVN", ppid + 16, 2);
        if (quote.CertificationData.Length > ppid + 18)
        {
            fields.Number("PCEID", ppid + 18, 2);
        }

        sections.Add(fields.Named("certification data"));
    }

    private static ShownEvidence WithCertificates(ShownEvidence shown, in Quote quote, int start)
    {
        if (quote.CertificationDataType is not (CertificationDataType.PckLeaf or CertificationDataType.PckChain))
        {
            return shown;
        }

        return UnverifiedCertificate.TryReadPem(quote.CertificationData, out var certificates, out var error)
            ? shown with { Certificates = certificates }
            : shown with { Problem = $"the certification data at byte {start} cannot be read: {error}" };
    }

    private static string Name(QuoteBodyType type) => type switch
    {
        QuoteBodyType.Sgx => "SGX report",
        QuoteBodyType.Td10 => "TD report 1.0",
        QuoteBodyType.Td15 => "TD report 1.5",
        _ => "TD report 1.5 extended",
    };

    private static string Name(CertificationDataType type) => type switch
    {
        CertificationDataType.PpidClear => "PPID in clear",
        CertificationDataType.PpidRsa2048 => "PPID, RSA-2048-OAEP",
        CertificationDataType.PpidRsa3072 => "PPID, RSA-3072-OAEP",
        CertificationDataType.PckLeaf => "PCK certificate",
        _ => "PCK certificate chain",
    };
}
