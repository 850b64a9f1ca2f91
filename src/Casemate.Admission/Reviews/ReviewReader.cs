using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Primitives.Json;

namespace Casemate.Admission;

/// <summary>Reads a review, once and strictly: what it is about is read from the same document. Nothing of the body is copied.</summary>
internal static class ReviewReader
{
    private const int MaxDepth = KubeObject.MaxDepth + 8;                  // the object stands in a review
    private const int LongestText = 253;
    private const int Countless = 256 * 1024;                              // bytes: whatever is in fewer of them may be read
    private const int MostValues = 300_000;                                // members and values; a pod of 3 MiB has fewer

    /// <summary>Reads a review.</summary>
    /// <param name="body">The request's body; unchanged while the review is in use.</param>
    /// <param name="review">What it asks, to be disposed; null where something is wrong.</param>
    /// <param name="problem">What is wrong, without a part of the input; null after success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> body, [NotNullWhen(true)] out ReviewRequest? review, [NotNullWhen(false)] out string? problem)
    {
        review = null;
        if (body.Length > Countless && HasTooManyValues(body.Span))
        {
            // Each takes three times the memory that "0," does, and once more while there is ever more of them.
            problem = FormattableString.Invariant($"it has more than {MostValues} members and values");
            return false;
        }

        if (!StrictJson.TryParse(body, out var document, out problem, MaxDepth))
        {
            return false;
        }

        problem = Check(document.RootElement);
        if (problem is not null)
        {
            document.Dispose();
            return false;
        }

        review = new ReviewRequest(document);
        return true;
    }

    private static bool HasTooManyValues(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            var count = 0;
            while (count <= MostValues && reader.Read())
            {
                count++;
            }

            return count > MostValues;
        }
        catch (JsonException)
        {
            return false;                                                  // what is wrong, the parser says
        }
    }

    private static string? Check(JsonElement root)
    {
        if (root.ValueKind is not JsonValueKind.Object)
        {
            return "the body is no JSON object";
        }

        if (!Is(root, "apiVersion"u8, "admission.k8s.io/v1"u8) || !Is(root, "kind"u8, "AdmissionReview"u8))
        {
            return "it is no AdmissionReview of admission.k8s.io/v1";
        }

        if (!root.TryGetProperty("request"u8, out var request) || request.ValueKind is not JsonValueKind.Object
            || !request.TryGetProperty("uid"u8, out var uid) || !IsText(uid) || ReviewRequest.TextOf(uid).IsEmpty)
        {
            return "it has no request with a uid";
        }

        return IsTextOrNothing(request, "namespace"u8) && IsTextOrNothing(request, "name"u8) && IsTextOrNothing(request, "operation"u8)
            && IsTextOrNothing(request, "subResource"u8) && IsResourceOrNothing(request) && IsTruthOrNothing(request, "dryRun"u8)
                ? null : "a member of its request is not what it has to be: a short text, or yes or no";
    }

    private static bool Is(JsonElement parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String && value.ValueEquals(text);

    private static bool IsTextOrNothing(JsonElement parent, ReadOnlySpan<byte> name) =>
        !parent.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null || IsText(value);

    private static bool IsResourceOrNothing(JsonElement request) => !request.TryGetProperty("resource"u8, out var resource)
        || resource.ValueKind is JsonValueKind.Null
        || (resource.ValueKind is JsonValueKind.Object && IsTextOrNothing(resource, "resource"u8));

    private static bool IsTruthOrNothing(JsonElement request, ReadOnlySpan<byte> name) => !request.TryGetProperty(name, out var value)
        || value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null;

    // Names of Kubernetes are short and of ASCII: whatever else stands there needs no echo.
    private static bool IsText(JsonElement value) => value.ValueKind is JsonValueKind.String
        && ReviewRequest.TextOf(value) is { Length: <= LongestText } text
        && text.IndexOf((byte)'\\') < 0 && text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) < 0;
}
