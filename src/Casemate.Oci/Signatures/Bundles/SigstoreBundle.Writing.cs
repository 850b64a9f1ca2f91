using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Casemate.Oci.Signatures;

public sealed partial class SigstoreBundle
{
    // The bundle is never embedded in HTML, and '+' of base64 should stay one character.
    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes of a bundle of version 0.3 with an envelope that a key signed.</summary>
    public static byte[] Write(DsseEnvelope envelope, SignatureKey key)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, s_writing))
        {
            json.WriteStartObject();
            json.WriteString("mediaType", MediaTypeV03);
            json.WriteStartObject("verificationMaterial");
            json.WriteStartObject("publicKey");
            json.WriteString("hint", Convert.ToBase64String(Convert.FromHexString(key.Fingerprint.Hex)));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("dsseEnvelope");
            json.WriteBase64String("payload", envelope.Payload.Span);
            json.WriteString("payloadType", envelope.PayloadType);
            json.WriteStartArray("signatures");
            json.WriteStartObject();
            json.WriteBase64String("sig", envelope.Signature.Span);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
