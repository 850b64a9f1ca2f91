using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Casemate.Primitives.Toml;

/// <summary>
/// Reads TOML into JSON values: tables become objects, and dates and times become strings as written. Source: TOML 1.0.0.
/// </summary>
/// <remarks>Numbers that JSON has no word for (<c>inf</c>, <c>nan</c>) become strings.</remarks>
public static class TomlDocument
{
    /// <summary>The longest text that is read unless the caller says otherwise, in characters.</summary>
    public const int MaxLength = 1024 * 1024;

    /// <summary>The deepest nesting of tables and arrays that is accepted.</summary>
    public const int MaxDepth = 32;

    /// <summary>Parses a document.</summary>
    /// <param name="text">The whole document.</param>
    /// <param name="root">The root table, or null.</param>
    /// <param name="error">What is wrong and in which line; null after success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonObject? root, [NotNullWhen(false)] out string? error) =>
        TryParse(text, MaxLength, out root, out error);

    /// <summary>Parses a document of a kind that may be long.</summary>
    /// <param name="text">The whole document.</param>
    /// <param name="maxLength">The longest text that is read, in characters.</param>
    /// <param name="root">The root table, or null.</param>
    /// <param name="error">What is wrong and in which line; null after success.</param>
    public static bool TryParse(
        string text, int maxLength, [NotNullWhen(true)] out JsonObject? root, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > maxLength)
        {
            (root, error) = (null, $"the document is longer than {maxLength} characters");
            return false;
        }

        try
        {
            root = new TomlReader(text).ReadDocument();
            error = null;
            return true;
        }
        catch (TomlReader.TomlSyntaxException e)
        {
            (root, error) = (null, e.Message);
            return false;
        }
    }
}
