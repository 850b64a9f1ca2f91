using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Whom to trust for sigstore's signatures: a <c>trusted_root.json</c> that the operator chose. Nothing of it is built in, and
/// nothing is fetched. Source: sigstore's protobuf-specs, sigstore_trustroot.proto, version 0.1.
/// </summary>
public sealed record TrustedRoot
{
    private const string MediaTypeStart = "application/vnd.dev.sigstore.trustedroot";

    private TrustedRoot()
    {
    }

    /// <summary>Transparency logs of signatures.</summary>
    public ImmutableArray<TrustedLog> SignatureLogs { get; private init; } = [];

    /// <summary>Transparency logs of certificates.</summary>
    public ImmutableArray<TrustedLog> CertificateLogs { get; private init; } = [];

    /// <summary>Authorities that certify who signed.</summary>
    public ImmutableArray<TrustedAuthority> CertificateAuthorities { get; private init; } = [];

    /// <summary>Authorities that say when it was signed.</summary>
    public ImmutableArray<TrustedAuthority> TimestampAuthorities { get; private init; } = [];

    /// <summary>Reads a trusted root.</summary>
    /// <exception cref="OciException"><see cref="OciError.MalformedDocument"/>: the text is none.</exception>
    public static TrustedRoot Parse(ReadOnlyMemory<byte> utf8Json) =>
        TryRead(utf8Json, out var root, out var problem) ? root : throw new OciException(
            OciError.MalformedDocument, problem, "Take the file trusted_root.json of the sigstore instance that is trusted.");

    /// <summary>Reads a trusted root.</summary>
    /// <param name="utf8Json">The JSON text.</param>
    /// <param name="root">The trusted root; null when the text is none.</param>
    /// <param name="problem">What is wrong and where; null after success.</param>
    public static bool TryRead(ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out TrustedRoot? root, [NotNullWhen(false)] out string? problem)
    {
        root = null;
        if (utf8Json.Length > SignatureLimits.MaxDocumentBytes)
        {
            problem = $"trusted root: larger than {SignatureLimits.MaxDocumentBytes} bytes";
            return false;
        }

        if (!StrictJson.TryParse(utf8Json, out var document, out problem))
        {
            problem = $"trusted root: {problem}";
            return false;
        }

        using (document)
        {
            var fields = new JsonFields("trusted root");
            var json = document.RootElement;
            if (fields.Text(json, "mediaType") is not (MediaTypeStart + "+json;version=0.1" or MediaTypeStart + ".v0.1+json"))
            {
                fields.Fail("trusted root: 'mediaType' is not that of a trusted root of version 0.1");
            }

            var read = new TrustedRoot
            {
                SignatureLogs = ReadLogs(json, "tlogs", fields),
                CertificateLogs = ReadLogs(json, "ctlogs", fields),
                CertificateAuthorities = ReadAuthorities(json, "certificateAuthorities", fields),
                TimestampAuthorities = ReadAuthorities(json, "timestampAuthorities", fields),
            };
            problem = fields.Problem;
            root = problem is null ? read : null;
            return problem is null;
        }
    }

    private static ImmutableArray<TrustedLog> ReadLogs(JsonElement root, string name, JsonFields fields)
    {
        var logs = ImmutableArray.CreateBuilder<TrustedLog>();
        foreach (var item in fields.Objects(root, name, SignatureLimits.MaxAuthorities))
        {
            var publicKey = fields.Object(item, "publicKey");
            var id = fields.Bytes(fields.Object(item, "logId"), "keyId", 32);
            if (id.Length is not (4 or 32))
            {
                fields.Fail($"trusted root: a 'keyId' of '{name}' has neither 32 nor 4 bytes");
            }

            if (fields.OptionalText(item, "hashAlgorithm") is not (null or "SHA2_256"))
            {
                fields.Fail($"trusted root: a 'hashAlgorithm' of '{name}' is not SHA2_256");
            }

            // A log whose key is not supported stays in the list: what rests on it is then refused with the reason.
            _ = SignatureKey.TryRead(fields.Bytes(publicKey, "rawBytes", 4_096), out var key, out var problem);
            var (from, to) = ReadValidity(publicKey, fields);
            logs.Add(new TrustedLog(id, key, problem, from, to));
        }

        if (logs.Select(log => Convert.ToHexString(log.Id.Span)).Distinct().Count() != logs.Count)
        {
            fields.Fail($"trusted root: two logs of '{name}' have the same id");
        }

        return logs.ToImmutable();
    }

    private static ImmutableArray<TrustedAuthority> ReadAuthorities(JsonElement root, string name, JsonFields fields)
    {
        var authorities = ImmutableArray.CreateBuilder<TrustedAuthority>();
        foreach (var item in fields.Objects(root, name, SignatureLimits.MaxAuthorities))
        {
            var certificates = fields.Objects(fields.Object(item, "certChain"), "certificates", SignatureLimits.MaxChain)
                .Select(c => (ReadOnlyMemory<byte>)fields.Bytes(c, "rawBytes", SignatureLimits.MaxCertificateBytes)).ToImmutableArray();
            if (certificates.IsEmpty)
            {
                fields.Fail($"trusted root: an authority of '{name}' has no certificates");
            }

            var (from, to) = ReadValidity(item, fields);
            authorities.Add(new TrustedAuthority(certificates, from, to));
        }

        return authorities.ToImmutable();
    }

    private static (DateTimeOffset? From, DateTimeOffset? To) ReadValidity(JsonElement parent, JsonFields fields)
    {
        var validity = fields.OptionalObject(parent, "validFor");
        return (fields.OptionalTime(validity, "start"), fields.OptionalTime(validity, "end"));
    }
}
