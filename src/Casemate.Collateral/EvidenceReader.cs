using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;

namespace Casemate.Collateral;

/// <summary>
/// Reads evidence from files and tells its kind by its content: SGX and TDX quotes (also behind Open Enclave's header) and SEV-SNP
/// reports, binary or as hex or base64 text; the JSON evidence of the key broker protocol; Casemate's evidence bundles.
/// </summary>
public static class EvidenceReader
{
    private const string KbsForm = "KBS evidence";

    /// <summary>Reads one file; a directory is searched for the one evidence file in it.</summary>
    /// <exception cref="MalformedInputException">Absent, unreadable, too large, or not evidence.</exception>
    public static EvidenceFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path) ? Find(path) : Parse(BoundedFile.Read(path, CollateralLimits.BundleBytes), path);
    }

    /// <summary>Reads a stream, such as standard input, to its end.</summary>
    /// <exception cref="MalformedInputException">Too large, or not evidence.</exception>
    public static EvidenceFile Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Parse(BoundedFile.Read(stream, name, CollateralLimits.BundleBytes), name);
    }

    /// <summary>Reads evidence that is already in memory.</summary>
    /// <param name="content">The content of one file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="MalformedInputException">It is not evidence; the message says what it looks like.</exception>
    public static EvidenceFile Parse(ReadOnlyMemory<byte> content, string name)
    {
        if (content.IsEmpty)
        {
            throw new MalformedInputException(name, "is empty") { IsOtherContent = true };
        }

        if (JsonInput.LooksLikeObject(content.Span))
        {
            return ParseJson(content, name);
        }

        if (BinaryText.IsText(content.Span))
        {
            return ParseText(content.Span, name);
        }

        if (FileSorter.LooksLikeDer(content.Span))
        {
            throw IsCollateral(name, "a certificate or revocation list (DER)");
        }

        return ParseRaw(content, name, EvidenceFile.Binary);
    }

    private static EvidenceFile Find(string directory)
    {
        var found = new List<EvidenceFile>();
        foreach (var file in CollateralReader.FilesOf(directory))
        {
            try
            {
                found.Add(Read(file));
            }
            catch (MalformedInputException)
            {
                // Most files beside evidence are something else; what matters is that exactly one is evidence.
                continue;
            }
        }

        return found.Count switch
        {
            1 => found[0],
            0 => throw new MalformedInputException(directory, "holds no evidence file", RawEvidence.WhatIsRead),
            _ => throw new MalformedInputException(
                directory, $"holds several evidence files ({string.Join(", ", found.Select(f => Path.GetFileName(f.Name)))})",
                "Name one of them."),
        };
    }

    private static EvidenceFile ParseRaw(ReadOnlyMemory<byte> content, string name, string form) =>
        content.Length <= CollateralLimits.EvidenceBytes
            ? RawEvidence.Recognise(content, name, form)
            : throw new MalformedInputException(
                name, $"is {content.Length} bytes long; evidence has at most {CollateralLimits.EvidenceBytes / 1024} KiB")
            {
                IsOtherContent = !RawEvidence.BeginsLikeEvidence(content.Span),
            };

    private static EvidenceFile ParseText(ReadOnlySpan<byte> text, string name)
    {
        if (PemText.IsPem(text))
        {
            throw IsCollateral(name, "PEM text (certificates or revocation lists)");
        }

        if (text.TrimStart(" \r\n\t"u8).StartsWith("eyJ"u8) && text.Count((byte)'.') is 2 or 4)
        {
            throw RawEvidence.Unsupported(name, "a JSON Web Token");
        }

        if (BinaryText.TryDecodeHex(text, out var bytes))
        {
            return ParseRaw(bytes, name, "hex text");
        }

        if (BinaryText.TryDecodeBase64(text, out bytes))
        {
            return ParseRaw(bytes, name, "base64 text");
        }

        throw new MalformedInputException(name, "is text, but neither JSON nor hex nor base64", RawEvidence.WhatIsRead)
        {
            IsOtherContent = true,
        };
    }

    private static EvidenceFile ParseJson(ReadOnlyMemory<byte> content, string name)
    {
        using var document = JsonInput.ParseObject(content, name);
        var root = document.RootElement;
        if (EvidenceBundle.IsBundle(root))
        {
            return EvidenceBundle.Read(root, name);
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
            throw RawEvidence.Unsupported(name, "Azure vTPM evidence");
        }

        if (root.TryGetProperty("svn", out _) && root.TryGetProperty("report_data", out _))
        {
            throw new MalformedInputException(
                name, "is 'sample' evidence of the key broker protocol, which no hardware signed: there is nothing to verify");
        }

        if (SignedJson.IsSignedDocument(root) || DcapCollateralJson.IsDcapCollateral(root))
        {
            throw IsCollateral(name, "collateral");
        }

        throw new MalformedInputException(name, "is JSON, but no evidence that is known here", RawEvidence.WhatIsRead)
        {
            IsOtherContent = true,
        };
    }

    // SGX and TDX evidence differ in the event log only, which verification does not need.
    private static EvidenceFile ParseKbsQuote(JsonElement root, string name)
    {
        if (!KbsEvidence.TryReadSgx(root, out var quote, out var error))
        {
            throw new MalformedInputException(name, error);
        }

        var evidence = ParseRaw(quote, name, KbsForm);
        if (evidence.Tee is Tee.Snp)
        {
            throw new MalformedInputException(name, "the member 'quote' holds a SEV-SNP report");
        }

        // The verdict does not depend on the event log, so a damaged one is no reason to refuse the quote here.
        return KbsEvidence.TryReadTdx(root, out var tdx, out _) && tdx.EventLog is { } log ? evidence with { EventLog = log } : evidence;
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

    private static MalformedInputException IsCollateral(string name, string what) =>
        new(name, $"looks like {what}, not like evidence", "Pass it with --collateral, and the quote or report as the argument.")
        {
            IsOtherContent = true,
        };
}
