using System.Diagnostics.CodeAnalysis;
using Casemate.Primitives.Cbor;

namespace Casemate.Primitives.Cose;

/// <summary>
/// A COSE_Sign1 message over a private copy of its bytes: parsed, not verified. What is signed is the protected header and the payload;
/// the unprotected header is checked for its form and then ignored. Source: RFC 9052 section 4.2, RFC 9360.
/// </summary>
public sealed partial class CoseSign1
{
    /// <summary>The largest message that is read, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>The most certificates that a message may carry.</summary>
    public const int MaxCertificates = 8;

    private const ulong Tag = 18;

    private readonly Headers _headers;

    private CoseSign1(Headers headers, ReadOnlyMemory<byte> protectedHeader, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> signature)
    {
        _headers = headers;
        (ProtectedHeader, Payload, Signature) = (protectedHeader, payload, signature);
    }

    /// <summary>The bytes of the protected header map, as they were signed.</summary>
    public ReadOnlyMemory<byte> ProtectedHeader { get; }

    /// <summary>The payload. A message whose payload travels apart from it is not read here.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The signature. For ECDSA: r and s, as long as the field each, big endian.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Header parameter 1 (alg), a member of <see cref="CoseAlgorithm"/> or a number that is not known here.</summary>
    public int Algorithm => _headers.Algorithm;

    /// <summary>Header parameter 3 (content type) when it is text; null when it is absent or a number.</summary>
    public string? ContentType => _headers.ContentType;

    /// <summary>Header parameter 33 (x5chain): DER certificates, the signer's first; empty when absent.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => _headers.CertificateChain;

    /// <summary>
    /// Header parameter 34 (x5t): the COSE number of a hash algorithm and the hash of the signer's certificate; null when absent.
    /// </summary>
    public (int Algorithm, ReadOnlyMemory<byte> Hash)? CertificateThumbprint => _headers.CertificateThumbprint;

    /// <summary>The protected parameter <c>signingtime</c>: what the signer says; null when absent.</summary>
    public DateTimeOffset? SigningTime => _headers.SigningTime;

    /// <summary>Header parameter 8: the encoded corim-meta-map of a signed CoRIM; null when absent.</summary>
    public ReadOnlyMemory<byte>? CorimMeta => _headers.CorimMeta;

    /// <summary>
    /// Header parameter 15 (CWT claims): issuer (1) and subject (2), each null when it is absent; null when the parameter is. Other claims
    /// are
    /// not read. Source: RFC 9597.
    /// </summary>
    public (string? Issuer, string? Subject)? Claims => _headers.Claims;

    /// <summary>
    /// Finds a protected parameter whose label and value are both text, such as <c>iss</c> or <c>feed</c>; null when absent.
    /// </summary>
    /// <param name="label">The label, compared exactly.</param>
    public string? FindText(string label) => _headers.Texts.GetValueOrDefault(label);

    /// <summary>Parses one message, with or without its tag.</summary>
    /// <param name="source">Exactly one message; bytes after it are refused.</param>
    /// <param name="message">The message, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> source, [NotNullWhen(true)] out CoseSign1? message, [NotNullWhen(false)] out string? error)
    {
        message = null;
        if (source.Length > MaxSize)
        {
            error = $"message of {source.Length} bytes is larger than {MaxSize}";
            return false;
        }

        ReadOnlyMemory<byte> copy = source.ToArray();
        var reader = new CborReader(copy.Span);
        if (reader.PeekMajorType == CborMajorType.Tag && (!reader.TryReadTag(out var tag) || tag != Tag))
        {
            error = "the tag is not 18 (COSE_Sign1)";
            return false;
        }

        if (!reader.TryReadArrayStart(out var count) || count != 4)
        {
            error = "not an array of four items: protected header, unprotected header, payload, signature";
            return false;
        }

        if (!reader.TryReadByteString(out var protectedHeader))
        {
            error = "the protected header is not a byte string";
            return false;
        }

        error = Headers.Read(copy, protectedHeader, out var headers) ?? headers.CheckUnprotected(ref reader);
        if (error is not null)
        {
            return false;
        }

        if (!reader.TryReadByteString(out var payload))
        {
            error = "the payload is not a byte string: a message without its payload cannot be verified";
            return false;
        }

        if (!reader.TryReadByteString(out var signature) || !reader.IsEmpty)
        {
            error = "the signature is not a byte string, or bytes follow it";
            return false;
        }

        message = new CoseSign1(headers, Within(copy, protectedHeader), Within(copy, payload), Within(copy, signature));
        return true;
    }

    /// <summary>The bytes that the signature covers (Sig_structure of RFC 9052 section 4.4), without external data.</summary>
    public byte[] ToBeSigned() => ToBeSigned(ProtectedHeader.Span, Payload.Span);

    private static ReadOnlyMemory<byte> Within(ReadOnlyMemory<byte> whole, ReadOnlySpan<byte> part) =>
        whole.Span.Overlaps(part, out var start) ? whole.Slice(start, part.Length) : ReadOnlyMemory<byte>.Empty;
}
