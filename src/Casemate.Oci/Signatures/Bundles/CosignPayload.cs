using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Signatures;

/// <summary>
/// The document that a simple signature signs: which repository, which manifest, and what the signer adds.
/// Sources: containers/image, containers-signature(5); cosign, SIGNATURE_SPEC.md.
/// </summary>
/// <param name="Reference">The repository that the signer meant, such as <c>registry.example/team/app</c>.</param>
/// <param name="ManifestDigest">The digest of the manifest or index that is signed.</param>
/// <param name="Annotations">What the signer adds, in order of the names; texts only.</param>
public sealed record CosignPayload(string Reference, Digest ManifestDigest, ImmutableSortedDictionary<string, string> Annotations)
{
    /// <summary>The media type of the layer that holds it.</summary>
    public const string MediaType = "application/vnd.dev.cosign.simplesigning.v1+json";

    private const string Type = "cosign container image signature";

    // What 'podman push --sign-by-sigstore' and other users of the older form write.
    private const string AtomicType = "atomic container signature";

    /// <summary>
    /// The repository of a reference as cosign writes it: Docker's registry by the name <c>index.docker.io</c>.
    /// </summary>
    public static string RepositoryOf(ImageReference image) =>
        $"{(image.Registry == "docker.io" ? "index.docker.io" : image.Registry)}/{image.Repository}";

    /// <summary>The exact bytes that cosign makes for the same content, so that a signature over the one is a signature over the other.</summary>
    public byte[] Write()
    {
        // Go's encoder: members in the order of the type's fields, maps by name, '<', '>', '&' and two separators escaped, null for no map.
        var text = new StringBuilder("{\"critical\":{\"identity\":{\"docker-reference\":");
        Append(text, Reference);
        text.Append("},\"image\":{\"docker-manifest-digest\":");
        Append(text, ManifestDigest.Text);
        text.Append("},\"type\":");
        Append(text, Type);
        text.Append("},\"optional\":");
        if (Annotations.IsEmpty)
        {
            text.Append("null");
        }
        else
        {
            var separator = '{';
            foreach (var (name, value) in Annotations.OrderBy(pair => pair.Key, Utf8Order.Instance))
            {
                text.Append(separator);
                Append(text, name);
                text.Append(':');
                Append(text, value);
                separator = ',';
            }

            text.Append('}');
        }

        return Encoding.UTF8.GetBytes(text.Append('}').ToString());
    }

    /// <summary>Reads a payload.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out CosignPayload? payload, [NotNullWhen(false)] out string? problem)
    {
        payload = null;
        if (utf8Json.Length > SignatureLimits.MaxPayloadBytes)
        {
            problem = $"payload: larger than {SignatureLimits.MaxPayloadBytes} bytes";
            return false;
        }

        if (!StrictJson.TryParse(utf8Json, out var document, out problem))
        {
            problem = $"payload: {problem}";
            return false;
        }

        using (document)
        {
            var fields = new JsonFields("payload");
            var critical = fields.Object(document.RootElement, "critical");
            var reference = fields.Text(fields.Object(critical, "identity"), "docker-reference");
            if (!Digest.TryParse(fields.Text(fields.Object(critical, "image"), "docker-manifest-digest"), out var digest))
            {
                fields.Fail("payload: 'docker-manifest-digest' is not a digest");
            }

            if (fields.Text(critical, "type") is not (Type or AtomicType))
            {
                fields.Fail("payload: 'type' is not that of a container image signature");
            }

            // An unknown critical member is one that this reader would have to understand.
            if (critical.ValueKind is JsonValueKind.Object
                && critical.EnumerateObject().Any(member => member.Name is not ("identity" or "image" or "type")))
            {
                fields.Fail("payload: 'critical' has a member that is not known");
            }

            // What is not a text may be there, such as a creator's time stamp: it is signed, and says nothing that is asked.
            var optional = fields.OptionalObject(document.RootElement, "optional");
            var annotations = optional.ValueKind is not JsonValueKind.Object
                ? ImmutableSortedDictionary<string, string>.Empty
                : optional.EnumerateObject().Where(member => member.Value.ValueKind is JsonValueKind.String)
                    .ToImmutableSortedDictionary(member => member.Name, member => member.Value.GetString()!, StringComparer.Ordinal);
            problem = fields.Problem;
            payload = problem is null ? new CosignPayload(reference, digest!, annotations) : null;
            return problem is null;
        }
    }

    private static void Append(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
