using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Signatures;

public sealed partial class SigstoreBundle
{
    /// <summary>True for the media types of the versions that are read.</summary>
    public static bool IsMediaType(string? mediaType) => MinorVersionOf(mediaType) > 0;

    /// <summary>Reads a bundle.</summary>
    /// <param name="utf8Json">The JSON text.</param>
    /// <param name="bundle">The bundle; null when the text is none.</param>
    /// <param name="problem">What is wrong and where; null after success.</param>
    public static bool TryRead(ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out SigstoreBundle? bundle, [NotNullWhen(false)] out string? problem)
    {
        bundle = null;
        if (utf8Json.Length > SignatureLimits.MaxDocumentBytes)
        {
            problem = $"bundle: larger than {SignatureLimits.MaxDocumentBytes} bytes";
            return false;
        }

        if (!StrictJson.TryParse(utf8Json, out var document, out problem))
        {
            problem = $"bundle: {problem}";
            return false;
        }

        using (document)
        {
            var fields = new JsonFields("bundle");
            var read = Read(document.RootElement, fields);
            problem = fields.Problem;
            bundle = problem is null ? read : null;
            return problem is null;
        }
    }

    private static int MinorVersionOf(string? mediaType) => mediaType switch
    {
        "application/vnd.dev.sigstore.bundle+json;version=0.1" => 1,
        "application/vnd.dev.sigstore.bundle+json;version=0.2" => 2,
        "application/vnd.dev.sigstore.bundle+json;version=0.3" or MediaTypeV03 => 3,
        _ => 0,
    };

    private static SigstoreBundle Read(JsonElement root, JsonFields fields)
    {
        var version = MinorVersionOf(fields.Text(root, "mediaType"));
        if (version == 0)
        {
            fields.Fail("bundle: 'mediaType' is not that of a bundle of version 0.1, 0.2 or 0.3");
        }

        var material = fields.Object(root, "verificationMaterial");
        if (Count(material, "certificate", "x509CertificateChain", "publicKey") != 1)
        {
            fields.Fail("bundle: 'verificationMaterial' needs one of 'certificate', 'x509CertificateChain' and 'publicKey'");
        }

        if (Count(root, "messageSignature", "dsseEnvelope") != 1)
        {
            fields.Fail("bundle: it needs one of 'messageSignature' and 'dsseEnvelope'");
        }

        var envelope = JsonFields.Has(root, "dsseEnvelope") ? ReadEnvelope(fields.Object(root, "dsseEnvelope"), fields) : null;
        var (digest, signature) = envelope is not null ? (null, envelope.Signature) : ReadMessage(fields.Object(root, "messageSignature"), fields);
        return new SigstoreBundle
        {
            MinorVersion = version,
            Certificates = ReadCertificates(material, fields),
            KeyHint = fields.OptionalText(fields.OptionalObject(material, "publicKey"), "hint"),
            LogEntries = [.. fields.Objects(material, "tlogEntries", SignatureLimits.MaxLogEntries).Select(entry => ReadEntry(entry, fields))],
            Timestamps = [.. fields.Objects(
                    fields.OptionalObject(material, "timestampVerificationData"), "rfc3161Timestamps", SignatureLimits.MaxTimestamps)
                .Select(stamp => (ReadOnlyMemory<byte>)fields.Bytes(stamp, "signedTimestamp", SignatureLimits.MaxTimestampBytes))],
            Envelope = envelope,
            MessageDigest = digest,
            Signature = signature,
        };
    }

    private static int Count(JsonElement parent, params ReadOnlySpan<string> names)
    {
        var count = 0;
        foreach (var name in names)
        {
            count += JsonFields.Has(parent, name) ? 1 : 0;
        }

        return count;
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ReadCertificates(JsonElement material, JsonFields fields)
    {
        if (JsonFields.Has(material, "certificate"))
        {
            return [fields.Bytes(fields.Object(material, "certificate"), "rawBytes", SignatureLimits.MaxCertificateBytes)];
        }

        if (!JsonFields.Has(material, "x509CertificateChain"))
        {
            return [];
        }

        var chain = fields.Objects(fields.Object(material, "x509CertificateChain"), "certificates", SignatureLimits.MaxChain)
            .Select(item => (ReadOnlyMemory<byte>)fields.Bytes(item, "rawBytes", SignatureLimits.MaxCertificateBytes)).ToImmutableArray();
        if (chain.IsEmpty)
        {
            fields.Fail("bundle: 'certificates' is empty");
        }

        return chain;
    }

    private static DsseEnvelope ReadEnvelope(JsonElement envelope, JsonFields fields)
    {
        var signatures = fields.Objects(envelope, "signatures", 16).ToList();
        if (signatures.Count != 1)
        {
            fields.Fail("bundle: an envelope needs exactly one signature");
        }

        return new DsseEnvelope(
            fields.Bytes(envelope, "payload", SignatureLimits.MaxDocumentBytes), fields.Text(envelope, "payloadType"),
            signatures.Count == 1 ? fields.Bytes(signatures[0], "sig", SignatureLimits.MaxSignatureBytes) : default);
    }

    private static (Digest? Digest, ReadOnlyMemory<byte> Signature) ReadMessage(JsonElement message, JsonFields fields)
    {
        var digest = fields.Object(message, "messageDigest");
        if (fields.Text(digest, "algorithm") != "SHA2_256")
        {
            fields.Fail("bundle: 'messageDigest' is not of the algorithm SHA2_256");
        }

        var hash = fields.Bytes(digest, "digest", 64);
        if (hash.Length != 32)
        {
            fields.Fail("bundle: 'digest' has not 32 bytes");
        }

        return (hash.Length == 32 ? Digest.FromSha256(hash) : null, fields.Bytes(message, "signature", SignatureLimits.MaxSignatureBytes));
    }

    private static LogEntry ReadEntry(JsonElement entry, JsonFields fields)
    {
        var kind = fields.Object(entry, "kindVersion");
        var promise = fields.OptionalObject(entry, "inclusionPromise");
        return new LogEntry(
            fields.OptionalInteger(entry, "logIndex"),
            fields.Bytes(fields.Object(entry, "logId"), "keyId", 32),
            fields.Text(kind, "kind"),
            fields.Text(kind, "version"),
            fields.OptionalInteger(entry, "integratedTime"),
            JsonFields.Has(promise, "signedEntryTimestamp")
                ? (ReadOnlyMemory<byte>?)fields.Bytes(promise, "signedEntryTimestamp", SignatureLimits.MaxSignatureBytes)
                : null,
            JsonFields.Has(entry, "inclusionProof") ? ReadProof(fields.Object(entry, "inclusionProof"), fields) : null,
            fields.Bytes(entry, "canonicalizedBody", SignatureLimits.MaxDocumentBytes));
    }

    private static InclusionProof ReadProof(JsonElement proof, JsonFields fields)
    {
        var root = fields.Bytes(proof, "rootHash", 32);
        var hashes = fields.BytesList(proof, "hashes", SignatureLimits.MaxProofHashes, 32);
        if (root.Length != 32 || hashes.Exists(hash => hash.Length != 32))
        {
            fields.Fail("bundle: a hash of the inclusion proof has not 32 bytes");
        }

        return new InclusionProof(
            fields.OptionalInteger(proof, "logIndex"), fields.Integer(proof, "treeSize"), root,
            [.. hashes.Select(hash => (ReadOnlyMemory<byte>)hash)],
            fields.OptionalText(fields.OptionalObject(proof, "checkpoint"), "envelope", 64 << 10));
    }
}
