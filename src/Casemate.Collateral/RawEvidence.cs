using System.Buffers.Binary;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Snp;

namespace Casemate.Collateral;

/// <summary>Tells from the first bytes what kind of binary evidence something is. Says nothing about whether it is well-formed.</summary>
internal static class RawEvidence
{
    private const int QuoteHeaderBytes = 48;
    private const int OpenEnclaveHeaderBytes = 16;
    private const uint TdxTeeType = 0x81;

    // QE vendor id of Intel, at offset 12 of every quote.
    private static ReadOnlySpan<byte> IntelVendor =>
        [0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9, 0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07];

    /// <summary>Recognises evidence and strips what is wrapped around it.</summary>
    /// <param name="content">The binary content.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="form">How it was carried, for people.</param>
    /// <exception cref="MalformedInputException">It is something else; the message says what it looks like.</exception>
    public static EvidenceFile Recognise(ReadOnlyMemory<byte> content, string name, string form)
    {
        var bytes = content.Span;
        if (TryStripOpenEnclave(content, out var inner))
        {
            // One header: thousands of them, one in another, would cost the square of their number.
            return TryStripOpenEnclave(inner, out _)
                ? throw new MalformedInputException(name, "holds an Open Enclave header behind another one")
                : Recognise(inner, name, form + " behind an Open Enclave header");
        }

        if (bytes.StartsWith("HCLA"u8))
        {
            return ReadHcl(content, name, form);
        }

        if (LooksLikeGpuReport(bytes))
        {
            return new EvidenceFile(name, null, content, form, CollateralSet.Empty) { Kind = EvidenceKind.GpuReport };
        }

        if (LooksLikeEndorsement(bytes))
        {
            return new EvidenceFile(name, null, content, form, CollateralSet.Empty) { Kind = EvidenceKind.ImageEndorsement };
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x54, 0x43, 0x47]))
        {
            throw new MalformedInputException(
                name, "looks like what a TPM signed, without signature and PCR values: no evidence on its own",
                "Azure evidence is JSON (az-snp-vtpm, az-tdx-vtpm), or an HCL report with the vTPM's quote as JSON beside it.")
            {
                IsOtherContent = true,
            };
        }

        if (CertificateTable.LooksLikeTable(bytes))
        {
            throw new MalformedInputException(
                name, "looks like a certificate table of a SEV-SNP host, not like evidence",
                "Pass it with --collateral, and the report as the argument.")
            {
                IsOtherContent = true,
            };
        }

        if (LooksLikeReport(bytes))
        {
            return ReadReport(content, name, form);
        }

        if (LooksLikeQuote(bytes))
        {
            var isTdx = bytes[0] is not 3 && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == TdxTeeType;
            return isTdx
                ? new EvidenceFile(name, Tee.Tdx, content, form, CollateralSet.Empty)
                : new EvidenceFile(name, Tee.Sgx, content, form, CollateralSet.Empty);
        }

        var begin = Convert.ToHexStringLower(bytes[..Math.Min(8, bytes.Length)]);
        throw new MalformedInputException(
            name, $"is neither a quote nor a report ({bytes.Length} bytes, beginning with {begin})", WhatIsRead)
        {
            IsOtherContent = true,
        };
    }

    /// <summary>Whether content that is too large to be read as evidence begins like some.</summary>
    public static bool BeginsLikeEvidence(ReadOnlySpan<byte> bytes) =>
        LooksLikeReport(bytes) || LooksLikeQuote(bytes) || bytes.StartsWith("HCLA"u8) || LooksLikeGpuReport(bytes)
        || LooksLikeEndorsement(bytes);

    /// <summary>What the reader accepts, for error messages.</summary>
    public const string WhatIsRead =
        "Evidence is an SGX or TDX quote, a SEV-SNP report, an Azure HCL report or a GPU's report (binary, hex or base64), KBS evidence "
        + "JSON, or a Casemate evidence bundle.";

    /// <summary>The error for evidence that is known but not verified by this version.</summary>
    public static MalformedInputException Unsupported(string name, string what) =>
        new(name, $"looks like {what}: recognised, but not supported in this version", WhatIsRead);

    // A report, and what an extended report has behind it.
    private static EvidenceFile ReadReport(ReadOnlyMemory<byte> content, string name, string form)
    {
        if (content.Length < SnpReport.Size)
        {
            throw new MalformedInputException(
                name, $"looks like a SEV-SNP report, which has {SnpReport.Size} bytes, but has {content.Length}",
                "It is cut off: fetch it again.");
        }

        var report = new EvidenceFile(name, Tee.Snp, content[..SnpReport.Size], form, CollateralSet.Empty);
        if (content.Length == SnpReport.Size)
        {
            return report;
        }

        var rest = content[SnpReport.Size..];
        if (!CertificateTable.LooksLikeTable(rest.Span))
        {
            throw new MalformedInputException(
                name, $"looks like a SEV-SNP report, which has {SnpReport.Size} bytes, but has {content.Length}, and what follows is no "
                + "certificate table", "Remove what follows the report.");
        }

        var pieces = new CollateralPieces();
        CertificateTable.Sort(rest, name, pieces);
        return report with { Form = $"{form}, with a certificate table", Included = new CollateralSet(name, pieces) };
    }

    private static EvidenceFile ReadHcl(ReadOnlyMemory<byte> content, string name, string form)
    {
        if (!HclReport.TryRead(content.Span, out var hcl, out var error))
        {
            throw new MalformedInputException(name, error, "It may be cut off: read NV index 0x01400001 of the vTPM again.");
        }

        // A TDREPORT can be verified by its own machine alone; the quote made of it travels apart.
        ReadOnlyMemory<byte> evidence = hcl.Tee is Tee.Snp ? hcl.HardwareReport.ToArray() : ReadOnlyMemory<byte>.Empty;
        return new EvidenceFile(name, hcl.Tee, evidence, form, CollateralSet.Empty)
        {
            Kind = EvidenceKind.AzureVtpm,
            HclReport = content,
        };
    }

    // SPDM 1.1, GET_MEASUREMENTS: the request that a GPU's report begins with.
    private static bool LooksLikeGpuReport(ReadOnlySpan<byte> bytes) => bytes.StartsWith((ReadOnlySpan<byte>)[0x11, 0xE0]);

    // CBOR tag 18 (COSE_Sign1), or none, then an array of four that begins with a byte string of 24 bytes or more.
    private static bool LooksLikeEndorsement(ReadOnlySpan<byte> bytes)
    {
        var message = bytes.StartsWith((ReadOnlySpan<byte>)[0xD2]) ? bytes[1..] : bytes;
        return message.Length > 1 && message[0] == 0x84 && message[1] is (0x58 or 0x59);
    }

    // Version 2 to 5 as u32, then GUEST_SVN; the policy at 8 has its reserved-one bit (17) set. A quote has its key type at 2.
    private static bool LooksLikeReport(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 16 && BinaryPrimitives.ReadUInt32LittleEndian(bytes) is >= 2 and <= 9 && (bytes[10] & 0x02) != 0
        && !HasIntelVendor(bytes);

    private static bool LooksLikeQuote(ReadOnlySpan<byte> bytes) =>
        HasIntelVendor(bytes)
        || (bytes.Length >= QuoteHeaderBytes && BinaryPrimitives.ReadUInt16LittleEndian(bytes) is >= 3 and <= 5
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]) is 2 or 3);

    private static bool HasIntelVendor(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= QuoteHeaderBytes && bytes.Slice(12, 16).SequenceEqual(IntelVendor);

    // oe_report_header_t: version 1, report type 2 (SGX remote), size of what follows as u64.
    private static bool TryStripOpenEnclave(ReadOnlyMemory<byte> content, out ReadOnlyMemory<byte> inner)
    {
        inner = default;
        var bytes = content.Span;
        if (bytes.Length < OpenEnclaveHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != 1
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != 2
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) != (ulong)(bytes.Length - OpenEnclaveHeaderBytes))
        {
            return false;
        }

        inner = content[OpenEnclaveHeaderBytes..];
        return true;
    }
}
