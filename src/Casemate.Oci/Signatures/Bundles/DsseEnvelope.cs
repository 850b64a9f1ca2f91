using System.Globalization;
using System.Text;

namespace Casemate.Oci.Signatures;

/// <summary>A statement with its type and one signature. Source: DSSE 1.0, envelope.md and protocol.md.</summary>
/// <param name="Payload">The statement's bytes.</param>
/// <param name="PayloadType">What they are.</param>
/// <param name="Signature">The signature over <see cref="SignedBytes"/>.</param>
public sealed record DsseEnvelope(ReadOnlyMemory<byte> Payload, string PayloadType, ReadOnlyMemory<byte> Signature)
{
    /// <summary>The payload type of in-toto statements.</summary>
    public const string InToto = "application/vnd.in-toto+json";

    /// <summary>The bytes that are signed: type and payload with their lengths.</summary>
    public byte[] SignedBytes() => Encode(PayloadType, Payload.Span);

    /// <summary>The bytes to sign for a payload.</summary>
    public static byte[] Encode(string payloadType, ReadOnlySpan<byte> payload)
    {
        var type = Encoding.UTF8.GetByteCount(payloadType).ToString(CultureInfo.InvariantCulture);
        var start = Encoding.UTF8.GetBytes($"DSSEv1 {type} {payloadType} {payload.Length.ToString(CultureInfo.InvariantCulture)} ");
        return [.. start, .. payload];
    }
}
