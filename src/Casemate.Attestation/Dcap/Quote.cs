using System.Buffers.Binary;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// An SGX or TDX quote read in place: header, body, and the authentication data that certifies them. Parsed, not verified.
/// Layout: Intel DCAP <c>sgx_quote_3.h</c>, <c>sgx_quote_4.h</c>, <c>sgx_quote_5.h</c>; integers are little endian.
/// </summary>
public readonly ref struct Quote
{
    /// <summary>The largest quote accepted, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    private const int HeaderSize = 48;
    private const int V5BodyHeaderSize = 6;
    private const int KeyTypeEcdsaP256 = 2;
    private const uint TeeTypeSgx = 0x00;
    private const uint TeeTypeTdx = 0x81;
    private const int OuterCertificationType = 6;

    // PPID, CPUSVN, PCESVN: the form of Intel's sample application, which leaves PCEID out.
    private const int PpidClearWithoutPceId = 34;

    private static ReadOnlySpan<byte> IntelQeVendorId =>
        [0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9, 0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07];

    /// <summary>3, 4 or 5.</summary>
    public ushort Version { get; private init; }

    /// <summary>SGX or TDX.</summary>
    public Tee Tee { get; private init; }

    /// <summary>What <see cref="Body"/> is.</summary>
    public QuoteBodyType BodyType { get; private init; }

    /// <summary>The 48-byte header.</summary>
    public ReadOnlySpan<byte> Header { get; private init; }

    /// <summary>The report: 384, 584, 648 or 885 bytes.</summary>
    public ReadOnlySpan<byte> Body { get; private init; }

    /// <summary>The bytes that <see cref="Signature"/> covers: header, the body header of v5, body.</summary>
    public ReadOnlySpan<byte> SignedBytes { get; private init; }

    /// <summary>The quote's signature: r and s, 32 bytes each, big endian.</summary>
    public ReadOnlySpan<byte> Signature { get; private init; }

    /// <summary>The attestation key: x and y on P-256, 32 bytes each, big endian.</summary>
    public ReadOnlySpan<byte> AttestationKey { get; private init; }

    /// <summary>The quoting enclave's own report, 384 bytes.</summary>
    public ReadOnlySpan<byte> QeReport { get; private init; }

    /// <summary>The PCK's signature over <see cref="QeReport"/>: r and s, 32 bytes each, big endian.</summary>
    public ReadOnlySpan<byte> QeReportSignature { get; private init; }

    /// <summary>Data that the quoting enclave binds beside the attestation key.</summary>
    public ReadOnlySpan<byte> QeAuthenticationData { get; private init; }

    /// <summary>What <see cref="CertificationData"/> is.</summary>
    public CertificationDataType CertificationDataType { get; private init; }

    /// <summary>Usually the PCK certificate chain.</summary>
    public ReadOnlySpan<byte> CertificationData { get; private init; }

    /// <summary>
    /// What binds the attestation key to the PCK: the authentication data between the quote's own signature and the certification
    /// data (attestation key, QE report, its signature, QE authentication data).
    /// </summary>
    public ReadOnlySpan<byte> AttestationKeyBinding { get; private init; }

    /// <summary>
    /// How many bytes follow the authentication data. No signature covers them; guests deliver quotes in zero-padded buffers, so
    /// they are tolerated, and never looked at.
    /// </summary>
    public int TrailingBytes { get; private init; }

    /// <summary>Reads a quote. Never throws and never allocates.</summary>
    /// <param name="source">The quote, possibly followed by padding.</param>
    /// <param name="quote">The quote; default on failure.</param>
    /// <param name="offset">On failure, where in <paramref name="source"/> the offending field starts.</param>
    public static QuoteError TryRead(ReadOnlySpan<byte> source, out Quote quote, out int offset)
    {
        quote = default;
        offset = 0;
        if (source.Length > MaxSize)
        {
            return QuoteError.TooLarge;
        }

        if (source.Length < HeaderSize)
        {
            return QuoteError.Truncated;
        }

        var error = ReadHeader(source, out var version, out var tee, out offset);
        if (error is not QuoteError.None)
        {
            return error;
        }

        error = ReadBody(source, version, tee, out var bodyType, out var bodyStart, out var bodySize, out offset);
        if (error is not QuoteError.None)
        {
            return error;
        }

        // Authentication data: a size, then exactly that many bytes.
        var cursor = new Cursor(source, bodyStart + bodySize);
        offset = cursor.Offset;
        if (!cursor.TryReadUInt32(out var authenticationSize))
        {
            return QuoteError.Truncated;
        }

        if (authenticationSize > (uint)(source.Length - cursor.Offset))
        {
            return QuoteError.Truncated;
        }

        var authenticationEnd = cursor.Offset + (int)authenticationSize;
        var authentication = new Cursor(source[..authenticationEnd], cursor.Offset);
        error = version == 3
            ? ReadAuthenticationV3(ref authentication, out var parts, out offset)
            : ReadAuthenticationV4(ref authentication, out parts, out offset);
        if (error is not QuoteError.None)
        {
            return error;
        }

        quote = new Quote
        {
            Version = version,
            Tee = tee,
            BodyType = bodyType,
            Header = source[..HeaderSize],
            Body = source.Slice(bodyStart, bodySize),
            SignedBytes = source[..(bodyStart + bodySize)],
            Signature = source[parts.Signature],
            AttestationKey = source[parts.AttestationKey],
            QeReport = source[parts.QeReport],
            QeReportSignature = source[parts.QeReportSignature],
            QeAuthenticationData = source[parts.QeAuthenticationData],
            CertificationDataType = parts.CertificationDataType,
            CertificationData = source[parts.CertificationData],
            AttestationKeyBinding = source[parts.AttestationKey.Start..parts.QeAuthenticationData.End],
            TrailingBytes = source.Length - authenticationEnd,
        };
        return QuoteError.None;
    }

    private static QuoteError ReadHeader(ReadOnlySpan<byte> source, out ushort version, out Tee tee, out int offset)
    {
        tee = default;
        offset = 0;
        version = BinaryPrimitives.ReadUInt16LittleEndian(source);
        if (version is < 3 or > 5)
        {
            return QuoteError.UnsupportedQuoteVersion;
        }

        offset = 2;
        if (BinaryPrimitives.ReadUInt16LittleEndian(source[2..]) != KeyTypeEcdsaP256)
        {
            return QuoteError.UnsupportedKeyType;
        }

        offset = 4;
        switch (BinaryPrimitives.ReadUInt32LittleEndian(source[4..]))
        {
            case TeeTypeSgx:
                tee = Tee.Sgx;
                break;
            case TeeTypeTdx when version > 3:
                tee = Tee.Tdx;
                break;
            default:
                return QuoteError.UnsupportedTeeType;
        }

        offset = 12;
        return source.Slice(12, 16).SequenceEqual(IntelQeVendorId) ? QuoteError.None : QuoteError.UnknownQeVendor;
    }

    private static QuoteError ReadBody(
        ReadOnlySpan<byte> source, ushort version, Tee tee, out QuoteBodyType type, out int start, out int size, out int offset)
    {
        type = tee is Tee.Sgx ? QuoteBodyType.Sgx : QuoteBodyType.Td10;
        start = HeaderSize;
        size = 0;
        offset = HeaderSize;
        if (version == 5)
        {
            if (source.Length < HeaderSize + V5BodyHeaderSize)
            {
                return QuoteError.Truncated;
            }

            type = (QuoteBodyType)BinaryPrimitives.ReadUInt16LittleEndian(source[HeaderSize..]);
            if (SizeOf(type) == 0 || (type is QuoteBodyType.Sgx) != (tee is Tee.Sgx))
            {
                return QuoteError.UnsupportedBodyType;
            }

            offset = HeaderSize + 2;
            if (BinaryPrimitives.ReadUInt32LittleEndian(source[(HeaderSize + 2)..]) != (uint)SizeOf(type))
            {
                return QuoteError.LengthOutOfRange;
            }

            start += V5BodyHeaderSize;
        }

        size = SizeOf(type);
        offset = start;
        return source.Length - start < size ? QuoteError.Truncated : QuoteError.None;
    }

    private static int SizeOf(QuoteBodyType type) => type switch
    {
        QuoteBodyType.Sgx => 384,
        QuoteBodyType.Td10 => 584,
        QuoteBodyType.Td15 => 648,
        QuoteBodyType.Td15Extended => 885,
        _ => 0,
    };

    private static QuoteError ReadAuthenticationV3(ref Cursor cursor, out AuthenticationParts parts, out int offset)
    {
        parts = default;
        offset = cursor.Offset;
        if (!cursor.TryRead(64, out parts.Signature) || !cursor.TryRead(64, out parts.AttestationKey))
        {
            return QuoteError.LengthOutOfRange;
        }

        return ReadQeCertification(ref cursor, ref parts, out offset);
    }

    private static QuoteError ReadAuthenticationV4(ref Cursor cursor, out AuthenticationParts parts, out int offset)
    {
        parts = default;
        offset = cursor.Offset;
        if (!cursor.TryRead(64, out parts.Signature) || !cursor.TryRead(64, out parts.AttestationKey))
        {
            return QuoteError.LengthOutOfRange;
        }

        offset = cursor.Offset;
        if (!cursor.TryReadUInt16(out var type))
        {
            return QuoteError.LengthOutOfRange;
        }

        if (type != OuterCertificationType)
        {
            return QuoteError.UnsupportedCertificationData;
        }

        // The container must be consumed exactly: inside it and after it nothing may be left over.
        offset = cursor.Offset;
        if (!cursor.TryReadUInt32(out var size) || size != (uint)cursor.Remaining)
        {
            return QuoteError.LengthOutOfRange;
        }

        return ReadQeCertification(ref cursor, ref parts, out offset);
    }

    private static QuoteError ReadQeCertification(ref Cursor cursor, ref AuthenticationParts parts, out int offset)
    {
        offset = cursor.Offset;
        if (!cursor.TryRead(384, out parts.QeReport) || !cursor.TryRead(64, out parts.QeReportSignature))
        {
            return QuoteError.LengthOutOfRange;
        }

        offset = cursor.Offset;
        if (!cursor.TryReadUInt16(out var authenticationDataSize) || !cursor.TryRead(authenticationDataSize, out parts.QeAuthenticationData))
        {
            return QuoteError.LengthOutOfRange;
        }

        offset = cursor.Offset;
        if (!cursor.TryReadUInt16(out var type))
        {
            return QuoteError.LengthOutOfRange;
        }

        if (type is < (int)CertificationDataType.PpidClear or > (int)CertificationDataType.PckChain)
        {
            return QuoteError.UnsupportedCertificationData;
        }

        parts.CertificationDataType = (CertificationDataType)type;
        offset = cursor.Offset;
        if (!cursor.TryReadUInt32(out var size) || size != (uint)cursor.Remaining)
        {
            return QuoteError.LengthOutOfRange;
        }

        var expected = parts.CertificationDataType switch
        {
            CertificationDataType.PpidClear => cursor.Remaining == PpidClearWithoutPceId ? PpidClearWithoutPceId : 36,
            CertificationDataType.PpidRsa2048 => 276,
            CertificationDataType.PpidRsa3072 => 404,
            _ => cursor.Remaining,
        };
        return expected == cursor.Remaining && cursor.TryRead(expected, out parts.CertificationData)
            ? QuoteError.None
            : QuoteError.LengthOutOfRange;
    }

    private struct AuthenticationParts
    {
        public Range Signature, AttestationKey, QeReport, QeReportSignature, QeAuthenticationData, CertificationData;
        public CertificationDataType CertificationDataType;
    }

    /// <summary>Reads forward inside a span; a read past the end fails and moves nothing.</summary>
    private ref struct Cursor(ReadOnlySpan<byte> source, int offset)
    {
        private readonly ReadOnlySpan<byte> _source = source;

        public int Offset { get; private set; } = offset;

        public readonly int Remaining => _source.Length - Offset;

        public bool TryRead(int count, out Range range)
        {
            range = Offset..(Offset + count);
            if (count > Remaining)
            {
                return false;
            }

            Offset += count;
            return true;
        }

        public bool TryReadUInt16(out ushort value)
        {
            value = 0;
            return TryRead(2, out var range) && BinaryPrimitives.TryReadUInt16LittleEndian(_source[range], out value);
        }

        public bool TryReadUInt32(out uint value)
        {
            value = 0;
            return TryRead(4, out var range) && BinaryPrimitives.TryReadUInt32LittleEndian(_source[range], out value);
        }
    }
}
