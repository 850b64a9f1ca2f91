using System.Diagnostics.CodeAnalysis;
using System.Text;
using Casemate.Primitives.Cbor;
using Casemate.Primitives.Cose;

namespace Casemate.Measurement.Corim;

/// <summary>
/// A signed CoRIM: a COSE_Sign1 message over a manifest, with the signer's name in its header. Parsed; whether the signature holds and
/// whose it
/// is, is asked apart. Source: draft-ietf-rats-corim-10 section 4.2.
/// </summary>
/// <param name="Message">The message.</param>
/// <param name="Document">The manifest in it.</param>
/// <param name="SignerName">What the signer calls itself (corim-meta); null when it does not say.</param>
public sealed record SignedCorim(CoseSign1 Message, CorimDocument Document, string? SignerName)
{
    private const int MaxName = 256;

    /// <summary>Signs a manifest.</summary>
    /// <param name="document">The manifest.</param>
    /// <param name="signerName">What the signer calls itself.</param>
    /// <param name="certificates">DER certificates of the key, the signer's first; empty: the key is known to readers otherwise.</param>
    /// <param name="key">The key that signs.</param>
    /// <exception cref="ArgumentException">The name is empty or long, or the message larger than <see
    /// cref="CoseSign1.MaxSize"/>.</exception>
    public static byte[] Sign(
        CorimDocument document, string signerName, IReadOnlyList<ReadOnlyMemory<byte>> certificates, CoseSigningKey key)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentException.ThrowIfNullOrEmpty(signerName);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Encoding.UTF8.GetByteCount(signerName), MaxName, nameof(signerName));
        var header = new CoseHeader
        {
            ContentType = CorimDocument.ContentType,
            CertificateChain = certificates,
            CorimMeta = new CborWriter().Map(1).Int(0).Map(1).Int(0).Text(signerName).ToArray(),
        };
        return CoseSign1.Sign(header, document.ToBytes(), key);
    }

    /// <summary>Reads a signed manifest. Its signature is not looked at.</summary>
    /// <param name="source">Exactly one message.</param>
    /// <param name="signed">The message and the manifest, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> source, [NotNullWhen(true)] out SignedCorim? signed, [NotNullWhen(false)] out string? error)
    {
        signed = null;
        if (!CoseSign1.TryRead(source, out var message, out error))
        {
            return false;
        }

        if (message.ContentType != CorimDocument.ContentType)
        {
            error = $"the content type is not {CorimDocument.ContentType}";
            return false;
        }

        string? name = null;
        if (message.CorimMeta is { } meta && !TryReadMeta(meta.Span, out name))
        {
            error = "corim-meta (parameter 8) does not name a signer, or says more than is known here";
            return false;
        }

        if (!CorimDocument.TryRead(message.Payload.Span, out var document, out error))
        {
            return false;
        }

        signed = new SignedCorim(message, document, name);
        return true;
    }

    // {0: {0: name, ? 1: URI}, ? 1: validity}. A validity would be a condition, so it is not skipped.
    private static bool TryReadMeta(ReadOnlySpan<byte> encoded, out string? name)
    {
        name = null;
        var reader = new CborReader(encoded);
        if (!reader.TryReadMapStart(out var count) || count != 1 || !reader.TryReadInt64(out var key) || key != 0
            || !reader.TryReadMapStart(out count) || count is < 1 or > 2 || !reader.TryReadInt64(out key) || key != 0
            || !reader.TryReadTextString(out var utf8) || utf8.Length is 0 or > MaxName)
        {
            return false;
        }

        name = Encoding.UTF8.GetString(utf8);
        if (count == 2 && (!reader.TryReadInt64(out key) || key != 1 || !reader.TrySkip(out _)))
        {
            return false;
        }

        return reader.IsEmpty;
    }
}
