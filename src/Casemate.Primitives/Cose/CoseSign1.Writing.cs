using Casemate.Primitives.Cbor;

namespace Casemate.Primitives.Cose;

public sealed partial class CoseSign1
{
    /// <summary>Signs a payload: a message with its tag, and nothing in the unprotected header.</summary>
    /// <param name="header">The protected header.</param>
    /// <param name="payload">The payload, which becomes part of the message.</param>
    /// <param name="key">The key that signs.</param>
    /// <exception cref="ArgumentException">The message would be larger than <see cref="MaxSize"/>, or not one that is read
    /// here.</exception>
    public static byte[] Sign(CoseHeader header, ReadOnlySpan<byte> payload, CoseSigningKey key)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(key);
        var encoded = header.Encode(key.Algorithm);
        var signature = key.Sign(ToBeSigned(encoded, payload));
        var message = new CborWriter().Tag(Tag).Array(4).Bytes(encoded).Map(0).Bytes(payload).Bytes(signature).ToArray();
        return TryRead(message, out _, out var error)
            ? message
            : throw new ArgumentException($"The message could not be read back: {error}.", nameof(header));
    }

    private static byte[] ToBeSigned(ReadOnlySpan<byte> protectedHeader, ReadOnlySpan<byte> payload) =>
        new CborWriter().Array(4).Text("Signature1").Bytes(protectedHeader).Bytes([]).Bytes(payload).ToArray();
}
