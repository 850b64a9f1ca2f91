using System.Buffers.Binary;
using Casemate.Attestation;

namespace Casemate.Collateral;

/// <summary>Tells from the first bytes what kind of binary evidence something is. Says nothing about whether it is well-formed.</summary>
internal static class RawEvidence
{
    private const int ReportBytes = 1184;
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
            return Recognise(inner, name, form + " behind an Open Enclave header");
        }

        if (bytes.StartsWith("HCLA"u8))
        {
            throw Unsupported(name, "an Azure HCL report (vTPM attestation)");
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x11, 0xE0]))
        {
            throw Unsupported(name, "an SPDM measurement exchange (NVIDIA GPU evidence)");
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x54, 0x43, 0x47]))
        {
            throw Unsupported(name, "a TPM quote");
        }

        if (LooksLikeReport(bytes))
        {
            return bytes.Length == ReportBytes
                ? new EvidenceFile(name, Tee.Snp, content, form, CollateralSet.Empty)
                : throw new MalformedInputException(
                    name, $"looks like a SEV-SNP report, which has {ReportBytes} bytes, but has {bytes.Length}",
                    bytes.Length < ReportBytes ? "It is cut off: fetch it again." : "Remove what follows the report.");
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
        LooksLikeReport(bytes) || LooksLikeQuote(bytes) || bytes.StartsWith("HCLA"u8);

    /// <summary>What the reader accepts, for error messages.</summary>
    public const string WhatIsRead =
        "Evidence is an SGX or TDX quote or a SEV-SNP report (binary, hex or base64), KBS evidence JSON, or a Casemate evidence bundle.";

    /// <summary>The error for evidence that is known but not verified by this version.</summary>
    public static MalformedInputException Unsupported(string name, string what) =>
        new(name, $"looks like {what}: recognised, but not supported in this version", WhatIsRead);

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
