using Casemate.Attestation.Tdx;

namespace Casemate.Collateral;

/// <summary>
/// Reads evidence from files and tells its kind by its content: SGX and TDX quotes (also behind Open Enclave's header), SEV-SNP reports
/// (also with a certificate table behind them), HCL reports of Azure VMs, reports of NVIDIA GPUs and endorsements of guest images, binary
/// or as hex or base64 text; the JSON evidence of the key broker protocol; Casemate's evidence bundles.
/// </summary>
public static partial class EvidenceReader
{
    /// <summary>
    /// Reads one file; a directory is searched for the one evidence file in it. A bare HCL report is completed by the vTPM's quote, JSON
    /// with signature, message and PCR values, where the directory holds exactly one.
    /// </summary>
    /// <exception cref="MalformedInputException">Absent, unreadable, too large, or not evidence.</exception>
    public static EvidenceFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path) ? Find(path) : ReadFile(path);
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
            using var document = JsonInput.ParseObject(content, name);
            return ParseJson(document.RootElement, name, allowWrapping: true);
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

    /// <summary>
    /// Reads the event log of a TD from a file of its own: binary, or hex or base64 text. Whether it is a log is left to its reader.
    /// </summary>
    /// <exception cref="MalformedInputException">Absent, unreadable or too large.</exception>
    public static ReadOnlyMemory<byte> ReadEventLog(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var content = BoundedFile.Read(path, 3 * CcEventLog.MaxSize);
        if (BinaryText.IsText(content)
            && (BinaryText.TryDecodeHex(content, out var bytes) || BinaryText.TryDecodeBase64(content, out bytes)))
        {
            content = bytes;
        }

        return content.Length <= CcEventLog.MaxSize
            ? content
            : throw new MalformedInputException(
                path, $"is {content.Length} bytes long; an event log has at most {CcEventLog.MaxSize / 1024} KiB");
    }

    private static EvidenceFile ReadFile(string path)
    {
        var evidence = Parse(BoundedFile.Read(path, CollateralLimits.BundleBytes), path);
        return evidence is { Kind: EvidenceKind.AzureVtpm, Azure: null } ? WithQuoteBeside(evidence, path) : evidence;
    }

    private static EvidenceFile Find(string directory)
    {
        var found = new List<EvidenceFile>();
        var endorsements = new List<EvidenceFile>();
        foreach (var file in CollateralReader.FilesOf(directory).Where(BoundedFile.HasContent))
        {
            try
            {
                var evidence = ReadFile(file);
                (evidence.Kind is EvidenceKind.ImageEndorsement ? endorsements : found).Add(evidence);
            }
            catch (MalformedInputException)
            {
                // Most files beside evidence are something else; what matters is that exactly one is evidence.
                continue;
            }
        }

        // An endorsement speaks of an image, not of a machine: beside evidence it is no second piece of it.
        found = found.Count > 0 ? found : endorsements;
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

    private static MalformedInputException IsCollateral(string name, string what) =>
        new(name, $"looks like {what}, not like evidence", "Pass it with --collateral, and the quote or report as the argument.")
        {
            IsOtherContent = true,
        };
}
