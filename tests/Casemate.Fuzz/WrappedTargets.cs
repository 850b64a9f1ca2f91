using System.Buffers.Text;
using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Nvidia;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Primitives.Cbor;
using Casemate.Primitives.Cose;
using Casemate.Testing;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>
/// The parsers of what wraps or accompanies hardware evidence: vTPMs, event logs, certificate tables, endorsements, GPUs.
/// </summary>
internal static class WrappedTargets
{
    private static readonly CorpusCase s_azure = CorpusCase.Get("azure-hcl-milan-vtpm");
    private static readonly byte[] s_hclReport = s_azure.File("hcl-report.bin");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("hcl-report", HclReport, [s_hclReport, CorpusCase.Get("neg-azure-hcl-mismatched-vcek").File("hcl-report.bin")]),
        new("hcl-runtime-data", RuntimeData, [.. RuntimeDataSeeds()]),
        new("tpm-quote", TpmQuote, [s_azure.File("tpm-quote.msg"), AzureEvidenceV2().Quote.Message.ToArray()]),
        new("azure-evidence", AzureEvidence, [RealEvidence.AzureSnpEvidenceV2]),
        new("certificate-table", CertificateTable, [.. CertificateTables()]),
        new("event-log", EventLog, [EventLogWriter.Ovmf().ToArray(), SmallLog(alsoSha256: false), SmallLog(alsoSha256: true)]),
        new("cose-sign1", Cose, [RealEvidence.UvmReferenceInfo, SmallMessage()]),
        new("cbor", Cbor, [RealEvidence.UvmReferenceInfo, SmallMessage(), SmallMap()]),
        new("did-x509", Did, [.. Dids()]),
        new("gpu-report", GpuReport, [.. RealEvidence.GpuReports.Select(r => r.Report)]),
    ];

    private static bool HclReport(ReadOnlySpan<byte> input)
    {
        if (!Attestation.Azure.HclReport.TryRead(input, out var report, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(Offset(input, report.HardwareReport) == 0x20, "the hardware report moved", input);
        Require(
            Offset(input, report.RuntimeData) + report.RuntimeData.Length + report.TrailingBytes == input.Length
                || report.RuntimeData.IsEmpty,
            "bytes are lost between runtime data and end", input);
        Require(
            !Attestation.Azure.HclReport.TryRead(input[..^(report.TrailingBytes + 1)], out _, out _),
            "a report without its last byte is accepted", input);
        Require(report.ExpectedReportData().Length == 64, "report data of another size", input);
        return true;
    }

    private static bool RuntimeData(ReadOnlySpan<byte> input)
    {
        if (!HclRuntimeData.TryRead(input, out var data, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(data.AttestationKeyModulus.Length is >= 256 and <= 1024, "a key of another size", input);
        Require(data.UserData is null or { Length: HclRuntimeData.UserDataSize }, "user data of another size", input);
        return true;
    }

    private static bool TpmQuote(ReadOnlySpan<byte> input)
    {
        if (!Attestation.Azure.TpmQuote.TryRead(input, out var quote, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(
            quote.PcrDigest.Length == 32 && Offset(input, quote.PcrDigest) == input.Length - 32, "the digest is not the end", input);
        Require(quote.SelectedPcrs is >= 1 and <= 24 && quote.PcrSelection >> 24 == 0, "an impossible selection", input);
        Require(
            input.Length == 6 + 2 + quote.QualifiedSigner.Length + 2 + quote.ExtraData.Length + 25 + 10 + 2 + 32, "bytes are lost", input);
        return true;
    }

    private static bool AzureEvidence(ReadOnlySpan<byte> input)
    {
        if (!Attestation.Azure.AzureEvidence.TryRead(input.ToArray(), Tee.Snp, out var evidence, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        var again = evidence.Write();
        Require(
            Attestation.Azure.AzureEvidence.TryRead(again, Tee.Snp, out var reread, out _) && reread.Write().AsSpan().SequenceEqual(again),
            "what was read is written as something else", input);
        return true;
    }

    private static bool CertificateTable(ReadOnlySpan<byte> input)
    {
        if (!SnpCertificateTable.TryRead(input.ToArray(), out var table, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        ReadOnlyMemory<byte>?[] known = [table.Vcek, table.Vlek, table.Ask, table.Ark, table.Crl];
        Require(known.Count(k => k is not null) <= table.Count, "more certificates than entries", input);
        Require(known.Sum(k => k?.Length ?? 0) + ((table.Count + 1) * 24) <= input.Length, "certificates overlap", input);
        Require(known.All(k => k is not { IsEmpty: true }), "an empty certificate", input);
        return true;
    }

    private static bool EventLog(ReadOnlySpan<byte> input)
    {
        if (!CcEventLog.TryRead(input, out var log, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        var end = log.Events.IsEmpty ? 0 : log.Events[0].Offset;
        foreach (var entry in log.Events)
        {
            Require(entry.Offset == end || entry.Number == 1, "events overlap or leave a gap", input);
            end = entry.Offset + 12 + entry.Data.Length;
            for (var digests = BitConverter.ToInt32(input[(entry.Offset + 8)..]); digests > 0; digests--)
            {
                end += BitConverter.ToUInt16(input[(end - entry.Data.Length)..]) == 0x0C ? 50 : 34;
            }

            end += 4;
            Require(entry.Digest.Length == 48, "a digest of another size", input);
            Require(entry.Text.Length < 2000 && entry.Text.All(c => c is >= ' ' and <= '~'), "a text that is not plain", input);
            _ = (entry.DataBinding, entry.TypeName, entry.Rtmr);
        }

        Require(log.Events.IsEmpty || end + log.UnusedBytes == input.Length, "bytes are lost at the end", input);
        Require(log.Replay() is { Length: 4 } registers && registers.All(r => r.Length == 48), "registers of another size", input);
        return true;
    }

    private static bool Cose(ReadOnlySpan<byte> input)
    {
        if (!CoseSign1.TryRead(input, out var message, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(
            input.IndexOf(message.Payload.Span) >= 0 && input.EndsWith(message.Signature.Span), "a part is not of the input", input);
        Require(message.CertificateChain.All(c => c.Length > 0), "an empty certificate", input);
        Require(
            message.ToBeSigned().Length >= message.ProtectedHeader.Length + message.Payload.Length + 15, "something is not signed", input);
        Require(!CoseSign1.TryRead(input[..^1], out _, out _), "a message without its last byte is accepted", input);
        return true;
    }

    private static bool Cbor(ReadOnlySpan<byte> input)
    {
        var reader = new CborReader(input);
        if (!reader.TrySkip(out var encoded))
        {
            Require(reader.Rest.Length == input.Length, "a refused item was consumed", input);
            return false;
        }

        Require(encoded.Length > 0 && encoded.Length + reader.Rest.Length == input.Length, "bytes are lost", input);
        var shorter = new CborReader(encoded[..^1]);
        Require(!shorter.TrySkip(out _), "an item without its last byte is accepted", input);
        return true;
    }

    private static bool Did(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!DidX509.TryParse(text, out var did, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(did.Text == text && text.All(char.IsAscii), "an identifier with other characters", input);
        return true;
    }

    private static bool GpuReport(ReadOnlySpan<byte> input)
    {
        if (!Attestation.Nvidia.GpuReport.TryRead(input, out var report, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        var size = report.SignedBytes.Length + report.Signature.Length;
        Require(Offset(input, report.Signature) == size - 96 && !input[size..].ContainsAnyExcept((byte)0), "bytes are lost", input);
        Require(report.FirmwareId.Length is 0 or 48, "a firmware id of another size", input);
        Require(
            report.MeasurementsByIndex.All(m => m.Key is > 0 and < 256 && m.Value.Length is > 0 and <= 64), "an impossible digest", input);
        Require(report.DriverVersion?.All(c => c is > ' ' and <= '~') ?? true, "a version that is not plain", input);
        return true;
    }

    private static IEnumerable<byte[]> RuntimeDataSeeds()
    {
        foreach (var bytes in (byte[][])[s_hclReport, AzureEvidenceV2().HclReport.ToArray()])
        {
            Attestation.Azure.HclReport.TryRead(bytes, out var report, out _);
            yield return report.RuntimeData.ToArray();
        }
    }

    private static AzureEvidence AzureEvidenceV2() =>
        Attestation.Azure.AzureEvidence.TryRead(RealEvidence.AzureSnpEvidenceV2, Tee.Snp, out var evidence, out var error)
            ? evidence
            : throw new InvalidDataException(error);

    private static IEnumerable<byte[]> CertificateTables()
    {
        var real = CorpusCase.Get("virtee-milan-v2-vcek").SnpEndorsements();
        yield return CertificateTableBytes.Write(
            (CertificateTableBytes.Ark, real.Ark.ToArray()), (CertificateTableBytes.Ask, real.Ask.ToArray()),
            (CertificateTableBytes.Vcek, real.Vek.ToArray()));
        yield return CertificateTableBytes.Write(
            (CertificateTableBytes.Vlek, new byte[40]), (CertificateTableBytes.Crl, new byte[30]),
            (CertificateTableBytes.Ark, new byte[50]));
    }

    private static byte[] SmallLog(bool alsoSha256) => new EventLogWriter(alsoSha256, [1, 2, 3])
        .Measure(1, CcEvent.Separator, [0, 0, 0, 0])
        .Measure(1, 0x80000001, EventLogWriter.Variable("SecureBoot", [1]))
        .Measure(3, CcEvent.Ipl, "grub_cmd: linux /vmlinuz ro\0"u8.ToArray())
        .Measure(3, CcEvent.EventTag, [0xED, 0x22, 0x3B, 0x8F, 4, 0, 0, 0, .. "quiet"u8])
        .ToArray();

    private static byte[] SmallMessage() => CborBytes.Tag(18, CborBytes.Array(
        CborBytes.Bytes(CborBytes.Map(
            (CborBytes.Int(1), CborBytes.Int(-7)),
            (CborBytes.Int(15), CborBytes.Map((CborBytes.Int(1), CborBytes.Text("did:x509:0:sha256:x")), (CborBytes.Int(2), CborBytes.Text("f")))),
            (CborBytes.Int(33), CborBytes.Array(CborBytes.Bytes(new byte[20]), CborBytes.Bytes(new byte[20]))),
            (CborBytes.Text("iss"), CborBytes.Text("did:x509:0:sha256:x")),
            (CborBytes.Text("signingtime"), CborBytes.Tag(1, CborBytes.Int(1731561659))))),
        CborBytes.Map((CborBytes.Text("timestamp"), CborBytes.Bytes(new byte[30]))),
        CborBytes.Bytes("{}"u8), CborBytes.Bytes(new byte[64])));

    private static byte[] SmallMap() => CborBytes.Map((CborBytes.Int(-7), CborBytes.Array(CborBytes.Text("ä"), [0xF6])));

    private static IEnumerable<byte[]> Dids()
    {
        var prefix = "did:x509:0:sha256:" + Base64Url.EncodeToString(new byte[32]);
        string[] all = ["::eku:1.3.6.1.4.1.311.76.59.1.2", "::subject:CN:a%20b:2.5.4.10:c", "::san:dns:a.example.org::eku:1.2.3"];
        foreach (var predicates in all)
        {
            yield return Encoding.ASCII.GetBytes(prefix + predicates);
        }
    }
}
