using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Casemate.Attestation.Azure;

/// <summary>
/// What a TPM signs when it quotes its PCRs (TPMS_ATTEST with TPMS_QUOTE_INFO), read in place. Parsed, not verified. Integers are big
/// endian. Layout: TPM 2.0 Library, part 2, sections 10.12.8 and 10.12.1.
/// </summary>
public readonly ref struct TpmQuote
{
    /// <summary>The largest message that is read, in bytes.</summary>
    public const int MaxSize = 1024;

    /// <summary>How many PCRs a TPM of a PC has.</summary>
    public const int PcrCount = 24;

    private const uint Magic = 0xFF544347;                                  // TPM_GENERATED_VALUE: no outside data starts like this
    private const ushort AttestQuote = 0x8018;
    private const ushort Sha256 = 0x000B;
    private const int DigestSize = 32;
    private const int MaxExtraData = 64;
    private const int MaxName = 68;

    // clock (8), resetCount (4), restartCount (4), safe (1), then firmwareVersion (8).
    private const int ClockSize = 17;
    private const int FirmwareVersionSize = 8;

    private readonly ReadOnlySpan<byte> _clock;

    private TpmQuote(
        ReadOnlySpan<byte> signer, ReadOnlySpan<byte> extraData, ReadOnlySpan<byte> clock, uint pcrSelection, ReadOnlySpan<byte> pcrDigest)
    {
        QualifiedSigner = signer;
        ExtraData = extraData;
        _clock = clock;
        PcrSelection = pcrSelection;
        PcrDigest = pcrDigest;
    }

    /// <summary>qualifiedSigner: the name of the signing key. At most 68 bytes.</summary>
    public ReadOnlySpan<byte> QualifiedSigner { get; }

    /// <summary>extraData: what the caller of the TPM bound into the quote, the nonce. At most 64 bytes.</summary>
    public ReadOnlySpan<byte> ExtraData { get; }

    /// <summary>clockInfo.clock: milliseconds that the TPM has been running.</summary>
    public ulong Clock => BinaryPrimitives.ReadUInt64BigEndian(_clock);

    /// <summary>clockInfo.resetCount: how often the machine was started since the TPM was cleared.</summary>
    public uint ResetCount => BinaryPrimitives.ReadUInt32BigEndian(_clock[8..]);

    /// <summary>clockInfo.restartCount: how often it was suspended or hibernated since its start.</summary>
    public uint RestartCount => BinaryPrimitives.ReadUInt32BigEndian(_clock[12..]);

    /// <summary>clockInfo.safe: false when <see cref="Clock"/> may have been higher before.</summary>
    public bool IsClockSafe => _clock[16] == 1;

    /// <summary>firmwareVersion, as its maker counts.</summary>
    public ulong FirmwareVersion => BinaryPrimitives.ReadUInt64BigEndian(_clock[ClockSize..]);

    /// <summary>The PCRs of the SHA-256 bank that the digest covers: bit n for PCR n.</summary>
    public uint PcrSelection { get; }

    /// <summary>How many PCRs the digest covers.</summary>
    public int SelectedPcrs => BitOperations.PopCount(PcrSelection);

    /// <summary>pcrDigest, 32 bytes: SHA-256 over the selected PCRs, one after the other, lowest first.</summary>
    public ReadOnlySpan<byte> PcrDigest { get; }

    /// <summary>Reads a message.</summary>
    /// <param name="source">Exactly one TPMS_ATTEST; bytes after it are refused.</param>
    /// <param name="quote">The quote, or default.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(ReadOnlySpan<byte> source, out TpmQuote quote, [NotNullWhen(false)] out string? error)
    {
        quote = default;
        if (source.Length is < 6 or > MaxSize)
        {
            error = $"a TPM quote of {source.Length} bytes; 6 to {MaxSize} are expected";
            return false;
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(source) != Magic)
        {
            error = "the TPM quote does not start with ff544347: the TPM did not make it";
            return false;
        }

        if (BinaryPrimitives.ReadUInt16BigEndian(source[4..]) is var type && type != AttestQuote)
        {
            error = $"type 0x{type:x4} at byte 4 is not 0x8018, a quote";
            return false;
        }

        var rest = source[6..];
        if (!TryReadSized(ref rest, MaxName, out var signer) || !TryReadSized(ref rest, MaxExtraData, out var extraData)
            || !TryReadFixed(ref rest, ClockSize + FirmwareVersionSize, out var clock) || clock[16] > 1)
        {
            error = $"signer, extraData, clock or firmware version are malformed or cut off at byte {source.Length - rest.Length}";
            return false;
        }

        if (!TryReadSelection(ref rest, out var selection, out error))
        {
            return false;
        }

        if (!TryReadSized(ref rest, DigestSize, out var digest) || digest.Length != DigestSize || !rest.IsEmpty)
        {
            error = $"the PCR digest is not {DigestSize} bytes, or bytes follow it";
            return false;
        }

        quote = new TpmQuote(signer, extraData, clock, selection, digest);
        return true;
    }

    // TPML_PCR_SELECTION with the one bank that is supported; a second bank would share the digest and make its meaning unclear.
    private static bool TryReadSelection(scoped ref ReadOnlySpan<byte> rest, out uint selection, [NotNullWhen(false)] out string? error)
    {
        selection = 0;
        if (!TryReadFixed(ref rest, 7, out var head) || BinaryPrimitives.ReadUInt32BigEndian(head) is var banks && banks != 1)
        {
            error = "the PCR selection is cut off or does not name exactly one bank";
            return false;
        }

        if (BinaryPrimitives.ReadUInt16BigEndian(head[4..]) is var bank && bank != Sha256)
        {
            error = $"the PCR bank is 0x{bank:x4}, not 0x000b (SHA-256)";
            return false;
        }

        if (head[6] != PcrCount / 8 || !TryReadFixed(ref rest, PcrCount / 8, out var bits))
        {
            error = $"the PCR selection is not {PcrCount / 8} bytes";
            return false;
        }

        selection = bits[0] | (uint)bits[1] << 8 | (uint)bits[2] << 16;
        error = selection == 0 ? "no PCR is selected" : null;
        return selection != 0;
    }

    private static bool TryReadSized(scoped ref ReadOnlySpan<byte> rest, int maximum, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (rest.Length < 2)
        {
            return false;
        }

        int size = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (size > maximum || size > rest.Length - 2)
        {
            return false;
        }

        content = rest.Slice(2, size);
        rest = rest[(2 + size)..];
        return true;
    }

    private static bool TryReadFixed(scoped ref ReadOnlySpan<byte> rest, int size, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (rest.Length < size)
        {
            return false;
        }

        content = rest[..size];
        rest = rest[size..];
        return true;
    }
}
