using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Holds a log entry's body against the signature that it should be about: without this, a genuine entry of another signature would
/// do. Kinds: <c>hashedrekord</c> 0.0.1 and 0.0.2, <c>dsse</c> 0.0.1 and 0.0.2, <c>intoto</c> 0.0.2. Source: sigstore, Rekor, pkg/types.
/// </summary>
internal static class LogEntryBody
{
    /// <summary>Compares.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="material">The signature.</param>
    /// <param name="key">The key that made it.</param>
    /// <param name="supported">False when the kind of entry is not known.</param>
    /// <returns>What does not fit; null when everything does.</returns>
    public static string? Compare(LogEntry entry, SignedMaterial material, SignatureKey key, out bool supported)
    {
        supported = true;
        if (!StrictJson.TryParse(entry.Body, out var document, out var error))
        {
            return $"the entry's body: {error}";
        }

        using (document)
        {
            var fields = new JsonFields("the entry's body");
            var root = document.RootElement;
            if (fields.Text(root, "kind") != entry.Kind || fields.Text(root, "apiVersion") != entry.Version)
            {
                fields.Fail("the entry's body is of another kind or version than it is said to be");
            }

            var spec = fields.Object(root, "spec");
            var problem = (entry.Kind, entry.Version) switch
            {
                ("hashedrekord", "0.0.1") => HashedRecord(spec, material, key, fields),
                ("hashedrekord", "0.0.2") => HashedRecord2(fields.Object(spec, "hashedRekordV002"), material, key, fields),
                ("dsse", "0.0.1") => Dsse(spec, material, key, fields),
                ("dsse", "0.0.2") => Dsse2(fields.Object(spec, "dsseV002"), material, key, fields),
                ("intoto", "0.0.2") => InToto(fields.Object(spec, "content"), material, key, fields),
                _ => null,
            };
            supported = (entry.Kind, entry.Version) is ("hashedrekord" or "dsse", "0.0.1" or "0.0.2") or ("intoto", "0.0.2");
            return fields.Problem ?? problem ?? (supported ? null : $"entries of kind {Quoted.Of(entry.Kind)} {Quoted.Of(entry.Version)} are not supported");
        }
    }

    private static string? HashedRecord(JsonElement spec, SignedMaterial material, SignatureKey key, JsonFields fields)
    {
        var hash = fields.Object(fields.Object(spec, "data"), "hash");
        var signature = fields.Object(spec, "signature");
        return IsHexHash(hash, material.SignedHash, fields) is { } problem ? problem
            : !fields.Bytes(signature, "content", SignatureLimits.MaxSignatureBytes).AsSpan().SequenceEqual(material.Signature) ? OtherSignature
            : IsKey(fields.Bytes(fields.Object(signature, "publicKey"), "content", 2 * SignatureLimits.MaxCertificateBytes), material, key) ? null
            : OtherKey;
    }

    private static string? HashedRecord2(JsonElement record, SignedMaterial material, SignatureKey key, JsonFields fields)
    {
        var signature = fields.Object(record, "signature");
        return IsHash(fields.Object(record, "data"), material.SignedHash, fields) is { } problem ? problem
            : !fields.Bytes(signature, "content", SignatureLimits.MaxSignatureBytes).AsSpan().SequenceEqual(material.Signature) ? OtherSignature
            : IsVerifier(fields.Object(signature, "verifier"), material, key, fields);
    }

    // 'envelopeHash' is over one of many spellings of the envelope, which nobody keeps; payload and signature say the same.
    private static string? Dsse(JsonElement spec, SignedMaterial material, SignatureKey key, JsonFields fields)
    {
        if (material.Envelope is not { } envelope)
        {
            return OtherContent;
        }

        if (IsHexHash(fields.Object(spec, "payloadHash"), SHA256.HashData(envelope.Payload.Span), fields) is { } problem)
        {
            return problem;
        }

        var signatures = fields.Objects(spec, "signatures", 16).ToList();
        return signatures.Count != 1 ? "the entry has not exactly one signature"
            : !fields.Bytes(signatures[0], "signature", SignatureLimits.MaxSignatureBytes).AsSpan().SequenceEqual(material.Signature) ? OtherSignature
            : IsKey(fields.Bytes(signatures[0], "verifier", 2 * SignatureLimits.MaxCertificateBytes), material, key) ? null
            : OtherKey;
    }

    private static string? Dsse2(JsonElement dsse, SignedMaterial material, SignatureKey key, JsonFields fields)
    {
        if (material.Envelope is not { } envelope)
        {
            return OtherContent;
        }

        if (IsHash(fields.Object(dsse, "payloadHash"), SHA256.HashData(envelope.Payload.Span), fields) is { } problem)
        {
            return problem;
        }

        var signatures = fields.Objects(dsse, "signatures", 16).ToList();
        return signatures.Count != 1 ? "the entry has not exactly one signature"
            : !fields.Bytes(signatures[0], "content", SignatureLimits.MaxSignatureBytes).AsSpan().SequenceEqual(material.Signature) ? OtherSignature
            : IsVerifier(fields.Object(signatures[0], "verifier"), material, key, fields);
    }

    private static string? InToto(JsonElement content, SignedMaterial material, SignatureKey key, JsonFields fields)
    {
        if (material.Envelope is not { } envelope)
        {
            return OtherContent;
        }

        if (IsHexHash(fields.Object(content, "payloadHash"), SHA256.HashData(envelope.Payload.Span), fields) is { } problem)
        {
            return problem;
        }

        var recorded = fields.Object(content, "envelope");
        var signatures = fields.Objects(recorded, "signatures", 16).ToList();
        if (signatures.Count != 1 || fields.Text(recorded, "payloadType") != envelope.PayloadType)
        {
            return OtherContent;
        }

        // This kind encodes the text of the envelope, which is base64 already, once more.
        var signature = Encoding.Latin1.GetString(fields.Bytes(signatures[0], "sig", 2 * SignatureLimits.MaxSignatureBytes));
        return !Base64.TryDecode(signature, SignatureLimits.MaxSignatureBytes, out var bytes) || !bytes.AsSpan().SequenceEqual(material.Signature)
            ? OtherSignature
            : IsKey(fields.Bytes(signatures[0], "publicKey", 2 * SignatureLimits.MaxCertificateBytes), material, key) ? null
            : OtherKey;
    }

    private const string OtherSignature = "the entry is about another signature";
    private const string OtherKey = "the entry is about another key or certificate";
    private const string OtherContent = "the entry is about another document";

    private static string? IsHexHash(JsonElement hash, ReadOnlySpan<byte> wanted, JsonFields fields) =>
        fields.Text(hash, "algorithm") != "sha256" ? "the entry's hash is not SHA-256"
        : fields.Text(hash, "value") == Convert.ToHexStringLower(wanted) ? null
        : OtherContent;

    private static string? IsHash(JsonElement hash, ReadOnlySpan<byte> wanted, JsonFields fields) =>
        fields.Text(hash, "algorithm") != "SHA2_256" ? "the entry's hash is not SHA-256"
        : fields.Bytes(hash, "digest", 64).AsSpan().SequenceEqual(wanted) ? null
        : OtherContent;

    private static string? IsVerifier(JsonElement verifier, SignedMaterial material, SignatureKey key, JsonFields fields)
    {
        if (JsonFields.Has(verifier, "x509Certificate") == JsonFields.Has(verifier, "publicKey"))
        {
            return "the entry names not exactly one of key and certificate";
        }

        return JsonFields.Has(verifier, "publicKey")
            ? fields.Bytes(fields.Object(verifier, "publicKey"), "rawBytes", 4_096).AsSpan().SequenceEqual(key.SubjectPublicKeyInfo.Span) ? null : OtherKey
            : IsCertificate(
                fields.Bytes(fields.Object(verifier, "x509Certificate"), "rawBytes", SignatureLimits.MaxCertificateBytes), material, key)
                ? null : OtherKey;
    }

    private static bool IsKey(byte[] pem, SignedMaterial material, SignatureKey key)
    {
        var text = Encoding.Latin1.GetString(pem);
        if (!PemEncoding.TryFind(text, out var found))
        {
            return false;
        }

        var der = Convert.FromBase64String(text[found.Base64Data]);
        return text[found.Label] switch
        {
            "PUBLIC KEY" => der.AsSpan().SequenceEqual(key.SubjectPublicKeyInfo.Span),
            "CERTIFICATE" => IsCertificate(der, material, key),
            _ => false,
        };
    }

    private static bool IsCertificate(byte[] der, SignedMaterial material, SignatureKey key)
    {
        if (!material.Certificates.IsEmpty)
        {
            return der.AsSpan().SequenceEqual(material.Certificates[0].Span);
        }

        if (!SignerCertificate.TryRead(der, out var certificate, out _))
        {
            return false;
        }

        certificate.Certificate.Dispose();
        return certificate.Key.Equals(key);
    }
}
