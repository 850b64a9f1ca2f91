using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Signatures;

/// <summary>What an in-toto statement says of which contents. Source: in-toto Attestation Framework, spec/v1/statement.md.</summary>
/// <param name="PredicateType">What is said: <see cref="CosignSign"/> for a plain signature.</param>
/// <param name="SubjectDigests">The SHA-256 digests of the subjects, at least one.</param>
public sealed record InTotoStatement(string PredicateType, ImmutableArray<Digest> SubjectDigests)
{
    /// <summary>The predicate type of a plain signature of an image, as cosign makes it.</summary>
    public const string CosignSign = "https://sigstore.dev/cosign/sign/v1";

    private const string StatementV1 = "https://in-toto.io/Statement/v1";
    private const string StatementV01 = "https://in-toto.io/Statement/v0.1";
    private const int MaxSubjects = 1_024;

    /// <summary>The bytes of a plain signature's statement about one image.</summary>
    /// <exception cref="OciException"><see cref="OciError.Unsupported"/>: the digest is not SHA-256.</exception>
    public static byte[] Write(Digest image)
    {
        if (image.Algorithm != "sha256")
        {
            throw new OciException(OciError.Unsupported, $"{image} cannot be signed: signatures name images by SHA-256");
        }

        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("_type", StatementV1);
            json.WriteStartArray("subject");
            json.WriteStartObject();
            json.WriteStartObject("digest");
            json.WriteString("sha256", image.Hex);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteString("predicateType", CosignSign);
            json.WriteStartObject("predicate");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads a statement.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out InTotoStatement? statement, [NotNullWhen(false)] out string? problem)
    {
        statement = null;
        if (utf8Json.Length > SignatureLimits.MaxDocumentBytes)
        {
            problem = $"statement: larger than {SignatureLimits.MaxDocumentBytes} bytes";
            return false;
        }

        if (!StrictJson.TryParse(utf8Json, out var document, out problem, maxDepth: 64))
        {
            problem = $"statement: {problem}";
            return false;
        }

        using (document)
        {
            var fields = new JsonFields("statement");
            var root = document.RootElement;
            if (fields.Text(root, "_type") is not (StatementV1 or StatementV01))
            {
                fields.Fail("statement: '_type' is not that of an in-toto statement, version 1 or 0.1");
            }

            var predicateType = fields.Text(root, "predicateType");
            var digests = ImmutableArray.CreateBuilder<Digest>();
            foreach (var subject in fields.Objects(root, "subject", MaxSubjects))
            {
                if (fields.OptionalText(fields.Object(subject, "digest"), "sha256") is { } hex && Digest.TryParse("sha256:" + hex, out var digest))
                {
                    digests.Add(digest);
                }
            }

            if (digests.Count == 0)
            {
                fields.Fail("statement: no subject has a SHA-256 digest");
            }

            problem = fields.Problem;
            statement = problem is null ? new InTotoStatement(predicateType, digests.ToImmutable()) : null;
            return problem is null;
        }
    }
}
