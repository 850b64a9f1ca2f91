using System.Text.Json;

namespace Casemate.Broker;

/// <summary>The request that starts a handshake.</summary>
internal static class AuthRequest
{
    private const int MaxTextLength = 64;

    /// <summary>Reads the members that the broker uses; <c>extra-params</c> only offers what the broker does not take up.</summary>
    /// <returns>What is wrong; null after success.</returns>
    public static string? Read(JsonElement root, out string version, out string tee)
    {
        (version, tee) = ("", "");
        return root.ValueKind is not JsonValueKind.Object
            ? "it is not a JSON object"
            : ReadText(root, "version", out version) ?? ReadText(root, "tee", out tee);
    }

    private static string? ReadText(JsonElement root, string name, out string text)
    {
        text = "";
        if (!root.TryGetProperty(name, out var value) || value.ValueKind is not JsonValueKind.String)
        {
            return $"{name} is missing or not a string";
        }

        text = value.GetString()!;
        return text.Length > MaxTextLength ? $"{name} is longer than {MaxTextLength} characters" : null;
    }
}
