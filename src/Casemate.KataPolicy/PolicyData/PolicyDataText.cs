using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.KataPolicy;

/// <summary>Writes <see cref="PolicyData"/> as the JSON of a policy, and reads it back.</summary>
public static class PolicyDataText
{
    /// <summary>The literal before the JSON in a policy; everything after its first <c>{</c> is the JSON, to the end of the text.</summary>
    public const string Marker = "policy_data := {";

    /// <summary>The largest JSON that is read: 16 MiB, what the agent takes as a whole policy.</summary>
    public const int MaximumBytes = 16 * 1024 * 1024;

    /// <summary>The JSON, laid out in lines of at most 120 characters where the strings in it allow that. Ends without a line
    /// feed.</summary>
    public static string Write(PolicyData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            PolicyDataWriter.Write(writer, data);
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return JsonLayout.Write(document.RootElement);
    }

    /// <summary>Reads the JSON. Unknown members, missing ones and wrong types are refused by name.</summary>
    /// <param name="utf8Json">The JSON, UTF-8.</param>
    /// <param name="data">What it says; null when refused.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out PolicyData? data, [NotNullWhen(false)] out string? error)
    {
        data = null;
        if (utf8Json.Length > MaximumBytes)
        {
            error = $"the policy data has {utf8Json.Length} bytes, the limit is {MaximumBytes}";
            return false;
        }

        if (!StrictJson.TryParse(utf8Json, out var document, out error))
        {
            return false;
        }

        using (document)
        {
            try
            {
                data = PolicyDataReader.Read(document.RootElement);
                return true;
            }
            catch (PolicyDataException e)
            {
                error = e.Message;
                return false;
            }
        }
    }

    /// <summary>Reads the JSON out of a policy's text.</summary>
    /// <param name="policy">The Rego text.</param>
    /// <param name="data">What it says; null when refused.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryReadPolicy(string policy, [NotNullWhen(true)] out PolicyData? data, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(policy);
        data = null;
        var at = FindMarker(policy);
        if (at < 0)
        {
            error = $"the policy has no line that begins with '{Marker}': it was not made by a generator of agent policies";
            return false;
        }

        return TryRead(Encoding.UTF8.GetBytes(policy[(at + Marker.Length - 1)..]), out data, out error);
    }

    /// <summary>Where the marker begins a line, or -1.</summary>
    internal static int FindMarker(string policy)
    {
        if (policy.StartsWith(Marker, StringComparison.Ordinal))
        {
            return 0;
        }

        var at = policy.IndexOf("\n" + Marker, StringComparison.Ordinal);
        return at < 0 ? -1 : at + 1;
    }
}
