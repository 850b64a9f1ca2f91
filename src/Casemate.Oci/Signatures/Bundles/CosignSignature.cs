using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Signatures;

/// <summary>A simple signature as cosign keeps it: a payload as a layer, everything else in the layer's annotations.</summary>
/// <param name="Payload">The signed document, byte for byte.</param>
/// <param name="Annotations">The annotations of the layer.</param>
public sealed record CosignSignature(ReadOnlyMemory<byte> Payload, IReadOnlyDictionary<string, string> Annotations)
{
    /// <summary>The annotation with the signature, in base64.</summary>
    public const string SignatureAnnotation = "dev.cosignproject.cosign/signature";

    private const string CertificateAnnotation = "dev.sigstore.cosign/certificate";
    private const string ChainAnnotation = "dev.sigstore.cosign/chain";
    private const string LogAnnotation = "dev.sigstore.cosign/bundle";
    private const string TimestampAnnotation = "dev.sigstore.cosign/rfc3161timestamp";
    private const int MaxAnnotationChars = 1 << 20;

    /// <summary>Reads the annotations.</summary>
    internal bool TryRead([NotNullWhen(true)] out SignedMaterial? material, [NotNullWhen(false)] out string? problem)
    {
        material = null;
        problem = Annotations.Values.Any(value => value.Length > MaxAnnotationChars)
            ? $"an annotation is longer than {MaxAnnotationChars} characters" : null;
        if (problem is not null)
        {
            return false;
        }

        byte[] signature = [];
        if (!Annotations.TryGetValue(SignatureAnnotation, out var text) || !Base64.TryDecodeLines(text, SignatureLimits.MaxSignatureBytes, out signature!)
            || signature.Length == 0)
        {
            problem = $"the annotation {SignatureAnnotation} is missing or not base64";
            return false;
        }

        var entries = ImmutableArray<LogEntry>.Empty;
        var timestamps = ImmutableArray<ReadOnlyMemory<byte>>.Empty;
        if (!TryReadCertificates(out var certificates, out problem) || !TryReadLog(out entries, out problem)
            || !TryReadTimestamp(out timestamps, out problem))
        {
            return false;
        }

        material = new SignedMaterial
        {
            SignedBytes = Payload.ToArray(),
            SignedHash = SHA256.HashData(Payload.Span),
            Signature = signature,
            Certificates = certificates,
            LogEntries = entries,
            Timestamps = timestamps,
            PromiseIsEnough = true,
        };
        return true;
    }

    private bool TryReadCertificates(out ImmutableArray<ReadOnlyMemory<byte>> certificates, [NotNullWhen(false)] out string? problem)
    {
        var found = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        certificates = [];
        problem = null;
        foreach (var (name, maximum) in ((string, int)[])[(CertificateAnnotation, 1), (ChainAnnotation, SignatureLimits.MaxChain)])
        {
            if (!Annotations.TryGetValue(name, out var pem))
            {
                if (name == CertificateAnnotation)
                {
                    return true;
                }

                continue;
            }

            var rest = pem.AsSpan();
            var count = 0;
            while (PemEncoding.TryFind(rest, out var fields))
            {
                if (rest[fields.Label] is not "CERTIFICATE" || ++count > maximum)
                {
                    problem = $"the annotation {name} holds something else than one to {maximum} certificates";
                    return false;
                }

                found.Add(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
                rest = rest[fields.Location.End.Value..];
            }

            if (count == 0 && !rest.Trim().IsEmpty)
            {
                problem = $"the annotation {name} holds no certificate";
                return false;
            }
        }

        certificates = found.ToImmutable();
        return true;
    }

    private bool TryReadLog(out ImmutableArray<LogEntry> entries, [NotNullWhen(false)] out string? problem)
    {
        entries = [];
        problem = null;
        if (!Annotations.TryGetValue(LogAnnotation, out var json))
        {
            return true;
        }

        if (!StrictJson.TryParse(Encoding.UTF8.GetBytes(json), out var document, out problem))
        {
            problem = $"the annotation {LogAnnotation}: {problem}";
            return false;
        }

        using (document)
        {
            var fields = new JsonFields($"the annotation {LogAnnotation}");
            var root = document.RootElement;
            var payload = fields.Object(root, "Payload");
            var promise = fields.Bytes(root, "SignedEntryTimestamp", SignatureLimits.MaxSignatureBytes);
            var body = fields.Bytes(payload, "body", SignatureLimits.MaxDocumentBytes);
            var (time, index) = (fields.Integer(payload, "integratedTime"), fields.Integer(payload, "logIndex"));
            if (!TryDecodeHex(fields.Text(payload, "logID", 64), out var id))
            {
                fields.Fail($"the annotation {LogAnnotation}: 'logID' is not 64 hexadecimal digits in lower case");
            }

            var (kind, version) = KindOf(body);
            problem = fields.Problem;
            entries = problem is null ? [new LogEntry(index, id, kind, version, time, promise, null, body)] : [];
            return problem is null;
        }
    }

    // The annotation does not say the kind; the body, which is compared with it later, does.
    private static (string Kind, string Version) KindOf(byte[] body)
    {
        if (!StrictJson.TryParse(body, out var document, out _))
        {
            return ("", "");
        }

        using (document)
        {
            var fields = new JsonFields("the entry's body");
            return (fields.Text(document.RootElement, "kind"), fields.Text(document.RootElement, "apiVersion"));
        }
    }

    private bool TryReadTimestamp(out ImmutableArray<ReadOnlyMemory<byte>> timestamps, [NotNullWhen(false)] out string? problem)
    {
        timestamps = [];
        problem = null;
        if (!Annotations.TryGetValue(TimestampAnnotation, out var json))
        {
            return true;
        }

        if (!StrictJson.TryParse(Encoding.UTF8.GetBytes(json), out var document, out problem))
        {
            problem = $"the annotation {TimestampAnnotation}: {problem}";
            return false;
        }

        using (document)
        {
            var fields = new JsonFields($"the annotation {TimestampAnnotation}");
            var stamp = fields.Bytes(document.RootElement, "SignedRFC3161Timestamp", SignatureLimits.MaxTimestampBytes);
            problem = fields.Problem;
            timestamps = problem is null ? [stamp] : [];
            return problem is null;
        }
    }

    private static bool TryDecodeHex(string text, out byte[] bytes)
    {
        var valid = text.Length == 64 && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");
        bytes = valid ? Convert.FromHexString(text) : [];
        return valid;
    }
}
