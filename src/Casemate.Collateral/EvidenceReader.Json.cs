using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.ConfidentialContainers;

namespace Casemate.Collateral;

public static partial class EvidenceReader
{
    private const string KbsForm = "KBS evidence";
    private const string DeviceForm = "NVIDIA device evidence";

    /// <summary>Reads evidence from a JSON object.</summary>
    /// <param name="root">The object.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="allowWrapping">Whether a message of the key broker protocol around the evidence is opened; one level only.</param>
    internal static EvidenceFile ParseJson(JsonElement root, string name, bool allowWrapping)
    {
        if (EvidenceBundle.IsBundle(root))
        {
            return EvidenceBundle.Read(root, name);
        }

        if (allowWrapping && TryUnwrap(root, name, out var inner))
        {
            return inner;
        }

        if (root.TryGetProperty("quote", out _))
        {
            return ParseKbsQuote(root, name);
        }

        if (root.TryGetProperty("attestation_report", out _))
        {
            return ParseKbsReport(root, name);
        }

        if (root.TryGetProperty("hcl_report", out _))
        {
            return ParseAzure(root, name);
        }

        if (root.TryGetProperty("evidence", out _) && root.TryGetProperty("certificate", out _))
        {
            return ParseDevice(root, name);
        }

        throw IsNoEvidence(root, name);
    }

    /// <summary>Whether an object is a vTPM's quote with its PCR values, which belongs to an HCL report.</summary>
    private static bool IsVtpmQuote(JsonElement root) =>
        root.TryGetProperty("message", out _) && root.TryGetProperty("signature", out _) && root.TryGetProperty("pcrs", out _);

    private static MalformedInputException IsNoEvidence(JsonElement root, string name)
    {
        if (root.TryGetProperty("svn", out _) && root.TryGetProperty("report_data", out _))
        {
            return new MalformedInputException(
                name, "is 'sample' evidence of the key broker protocol, which no hardware signed: there is nothing to verify");
        }

        if (IsVtpmQuote(root))
        {
            return new MalformedInputException(
                name, "is the quote of a vTPM, a part of Azure evidence: the HCL report is missing",
                "Name the HCL report that lies beside it, or their directory.")
            {
                IsOtherContent = true,
            };
        }

        return SignedJson.IsSignedDocument(root) || DcapCollateralJson.IsDcapCollateral(root)
            ? IsCollateral(name, "collateral")
            : new MalformedInputException(name, "is JSON, but no evidence that is known here", RawEvidence.WhatIsRead)
            {
                IsOtherContent = true,
            };
    }

    // {"tee-evidence":{"primary_evidence":{…},"additional_evidence":"…"}}, with or without the outer object.
    private static bool TryUnwrap(JsonElement root, string name, out EvidenceFile evidence)
    {
        evidence = null!;
        var owner = root.TryGetProperty("tee-evidence", out var wrapped) && wrapped.ValueKind is JsonValueKind.Object ? wrapped : root;
        if (!owner.TryGetProperty("primary_evidence", out var primary))
        {
            return false;
        }

        if (primary.ValueKind is not JsonValueKind.Object)
        {
            throw new MalformedInputException(name, "the member 'primary_evidence' is not an object");
        }

        evidence = ParseJson(primary, name, allowWrapping: false);
        if (JsonInput.TextOrEmpty(owner, "additional_evidence").Length > 0)
        {
            var pieces = new CollateralPieces();
            pieces.Add(evidence.Included.Pieces);
            pieces.Ignored.Add($"{name}, additional_evidence (evidence of another device: pass it on its own)");
            evidence = evidence with { Included = new CollateralSet(name, pieces) };
        }

        return true;
    }

    private static EvidenceFile ParseKbsQuote(JsonElement root, string name)
    {
        if (!KbsEvidence.TryReadTdx(root, out var tdx, out var error))
        {
            throw new MalformedInputException(name, error);
        }

        var evidence = ParseRaw(tdx.Quote, name, KbsForm);
        if (evidence.Kind is not EvidenceKind.Quote)
        {
            throw new MalformedInputException(
                name, evidence.Tee is Tee.Snp ? "the member 'quote' holds a SEV-SNP report" : "the member 'quote' holds no quote");
        }

        if (tdx.EventLog is null)
        {
            return evidence;
        }

        return evidence.Tee is Tee.Tdx
            ? evidence with { EventLog = tdx.EventLog }
            : throw new MalformedInputException(name, "the member 'cc_eventlog' stands beside an SGX quote, which has no event log");
    }

    private static EvidenceFile ParseKbsReport(JsonElement root, string name)
    {
        if (!KbsEvidence.TryReadSnp(root, out var evidence, out var error))
        {
            throw new MalformedInputException(name, error);
        }

        var pieces = new CollateralPieces();
        foreach (var certificate in evidence.Certificates)
        {
            var place = $"{name}, certificate {certificate.Type}";
            if (!FileSorter.TrySort(certificate.Data, place, pieces, out var otherwise))
            {
                pieces.Ignored.Add($"{place} ({otherwise})");
            }
        }

        return new EvidenceFile(name, Tee.Snp, evidence.Report, KbsForm, new CollateralSet(name, pieces));
    }

    private static EvidenceFile ParseAzure(JsonElement root, string name)
    {
        var hasQuote = root.TryGetProperty("td_quote", out var quote) && quote.ValueKind is not JsonValueKind.Null;
        var tee = hasQuote ? Tee.Tdx : Tee.Snp;
        if (hasQuote && root.TryGetProperty("vcek", out var vcek) && vcek.ValueKind is not JsonValueKind.Null)
        {
            throw new MalformedInputException(name, "holds both 'vcek' and 'td_quote': it must be evidence of SEV-SNP or of TDX");
        }

        if (!AzureEvidence.TryRead(root, tee, out var azure, out var error))
        {
            throw new MalformedInputException(name, error, "The members are listed in the handbook's page 'azure'.");
        }

        var hcl = RawEvidence.Recognise(azure.HclReport, $"{name}, member hcl_report", KbsForm);
        if (hcl.Kind is not EvidenceKind.AzureVtpm || hcl.Tee != tee)
        {
            throw new MalformedInputException(
                name, hcl.Kind is not EvidenceKind.AzureVtpm ? "the member 'hcl_report' holds no HCL report"
                : tee is Tee.Snp ? "the HCL report is one of TDX, but there is no 'td_quote'"
                : "the HCL report is one of SEV-SNP, but there is a 'td_quote'");
        }

        var pieces = new CollateralPieces();
        if (azure.Vcek is { } certificate && !FileSorter.TrySortOne(certificate, $"{name}, member vcek", pieces))
        {
            throw new MalformedInputException(name, "the member 'vcek' is no certificate, DER or PEM");
        }

        return hcl with
        {
            Name = name,
            Evidence = azure.TdQuote ?? hcl.Evidence,
            Azure = azure,
            Included = pieces.IsEmpty ? CollateralSet.Empty : new CollateralSet(name, pieces),
        };
    }

    // What NVIDIA's attestation kit writes of each device: report and certificate chain, base64 of bytes or of text.
    private static EvidenceFile ParseDevice(JsonElement root, string name)
    {
        var pieces = new CollateralPieces();
        var chain = RequireBase64(root, "certificate", CollateralLimits.CertificatesBytes, name);
        if (!PemText.IsPem(chain))
        {
            throw new MalformedInputException(name, "the member 'certificate' is not base64 of PEM text");
        }

        FileSorter.SortPem(chain, $"{name}, member certificate", pieces);
        var report = RequireBase64(root, "evidence", 2 * CollateralLimits.EvidenceBytes, name);
        if (BinaryText.IsText(report) && BinaryText.TryDecodeHex(report, out var bytes))
        {
            report = bytes;
        }

        var evidence = ParseRaw(report, name, DeviceForm);
        return evidence.Kind is EvidenceKind.GpuReport
            ? evidence with { Included = new CollateralSet(name, pieces) }
            : throw new MalformedInputException(name, "the member 'evidence' holds no report of an NVIDIA GPU");
    }

    private static byte[] RequireBase64(JsonElement root, string member, int limit, string name)
    {
        var text = JsonInput.RequireString(root, member, name);
        return BinaryText.TryDecodeBase64(Encoding.UTF8.GetBytes(text), out var bytes) && bytes.Length <= limit
            ? bytes
            : throw new MalformedInputException(name, $"the member '{member}' is not base64 of at most {limit / 1024} KiB");
    }

    // Safe to tell by content: only an HCL report begins with its name, and only a vTPM's quote has these three members. Which of two
    // quotes is meant nobody can tell, and a quote of another vTPM does not verify.
    private static EvidenceFile WithQuoteBeside(EvidenceFile evidence, string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path));
        if (evidence.Tee is not Tee.Snp || directory is null)
        {
            return evidence;
        }

        var found = new List<(string Name, VtpmQuote Quote)>();
        foreach (var file in CollateralReader.FilesOf(directory))
        {
            if (TryReadQuote(file) is { } quote)
            {
                found.Add((Path.GetFileName(file), quote));
            }
        }

        return found switch
        {
            [] => evidence,
            [var only] => evidence with
            {
                Form = $"{evidence.Form}, with the vTPM quote {only.Name}",
                Azure = new AzureEvidence { Version = 1, HclReport = evidence.HclReport, Quote = only.Quote },
            },
            _ => throw new MalformedInputException(
                path, $"several vTPM quotes lie beside it ({string.Join(", ", found.Select(f => f.Name))})",
                "Leave one in the directory, or pass JSON evidence (az-snp-vtpm)."),
        };
    }

    private static VtpmQuote? TryReadQuote(string file)
    {
        if (!BoundedFile.HasContent(file) || !File.Exists(file) || new FileInfo(file).Length > AzureEvidence.MaxJsonSize)
        {
            return null;
        }

        var content = BoundedFile.Read(file, AzureEvidence.MaxJsonSize);
        if (!JsonInput.LooksLikeObject(content) || content.AsSpan().IndexOf("\"pcrs\""u8) < 0)
        {
            return null;
        }

        using var document = JsonInput.ParseObject(content, file);
        if (!IsVtpmQuote(document.RootElement))
        {
            return null;
        }

        return VtpmQuote.TryRead(document.RootElement, out var quote, out var error)
            ? quote
            : throw new MalformedInputException(file, error);
    }
}
