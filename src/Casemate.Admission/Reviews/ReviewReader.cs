using System.Text.Json;

namespace Casemate.Admission;

/// <summary>
/// Reads a review from its bytes without building anything: the API server asks for every pod, and few have to do with SGX. The object
/// is only delimited; whoever needs it parses it strictly.
/// </summary>
internal static class ReviewReader
{
    private const int MaxDepth = 72;
    private const int LongestText = 253;

    /// <summary>Reads a review.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="request">Where in the body stands what it asks.</param>
    /// <returns>What is wrong, without a part of the input; null after success.</returns>
    public static string? TryRead(ReadOnlySpan<byte> body, out ReviewRequest request)
    {
        request = default;
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        var (isReview, isVersion, hasRequest) = (false, false, false);
        try
        {
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
            {
                return "the body is no JSON object";
            }

            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("apiVersion"u8))
                {
                    isVersion = TryText(ref reader, out var version) && body[version].SequenceEqual("admission.k8s.io/v1"u8);
                }
                else if (reader.ValueTextEquals("kind"u8))
                {
                    isReview = TryText(ref reader, out var kind) && body[kind].SequenceEqual("AdmissionReview"u8);
                }
                else if (reader.ValueTextEquals("request"u8))
                {
                    if (hasRequest)
                    {
                        return "it has two requests";
                    }

                    hasRequest = true;
                    if (ReadRequest(ref reader, ref request) is { } problem)
                    {
                        return problem;
                    }
                }
                else
                {
                    reader.Skip();
                }
            }

            // Past the end there may be white space alone; anything else throws.
            reader.Read();
            return !isVersion || !isReview ? "it is no AdmissionReview of admission.k8s.io/v1"
                : !hasRequest || body[request.Uid].IsEmpty ? "it has no request with a uid"
                : null;
        }
        catch (JsonException)
        {
            return "the body is not JSON, or is nested too deep";
        }
    }

    private static string? ReadRequest(ref Utf8JsonReader reader, ref ReviewRequest request)
    {
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
        {
            return "its request is no object";
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var ok = true;
            if (reader.ValueTextEquals("uid"u8))
            {
                ok = request.Uid.Equals(default) && TryText(ref reader, out request.Uid);
            }
            else if (reader.ValueTextEquals("namespace"u8))
            {
                ok = TryText(ref reader, out request.Namespace);
            }
            else if (reader.ValueTextEquals("name"u8))
            {
                ok = TryText(ref reader, out request.Name);
            }
            else if (reader.ValueTextEquals("operation"u8))
            {
                ok = TryText(ref reader, out request.Operation);
            }
            else if (reader.ValueTextEquals("subResource"u8))
            {
                ok = TryText(ref reader, out request.SubResource);
            }
            else if (reader.ValueTextEquals("resource"u8))
            {
                ok = ReadResource(ref reader, ref request);
            }
            else if (reader.ValueTextEquals("dryRun"u8))
            {
                ok = reader.Read() && reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null;
                request.DryRun = reader.TokenType is JsonTokenType.True;
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                ok = request.Object.Equals(default) && reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                request.Object = start..(int)reader.BytesConsumed;
            }
            else
            {
                reader.Skip();
            }

            if (!ok)
            {
                return "a member of its request is there twice, or is no text where one is wanted";
            }
        }

        return null;
    }

    private static bool ReadResource(ref Utf8JsonReader reader, ref ReviewRequest request)
    {
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("resource"u8))
            {
                if (!TryText(ref reader, out request.Resource))
                {
                    return false;
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return true;
    }

    // Names of Kubernetes are short and of ASCII: whatever else stands there needs no echo.
    private static bool TryText(ref Utf8JsonReader reader, out Range text)
    {
        text = default;
        if (!reader.Read() || reader.TokenType is JsonTokenType.Null)
        {
            return reader.TokenType is JsonTokenType.Null;
        }

        if (reader.TokenType is not JsonTokenType.String || reader.ValueIsEscaped || reader.ValueSpan.Length > LongestText
            || reader.ValueSpan.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) >= 0)
        {
            return false;
        }

        var start = (int)reader.TokenStartIndex + 1;
        text = start..(start + reader.ValueSpan.Length);
        return true;
    }
}
