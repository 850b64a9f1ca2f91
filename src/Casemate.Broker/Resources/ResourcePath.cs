using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Broker;

/// <summary>
/// The name of a resource: <c>repository/type/tag</c>. Source: Confidential Containers, KBS protocol, resource URI.
/// </summary>
/// <remarks>
/// Each segment starts with a letter, a digit, <c>_</c> or <c>-</c>, goes on with these and <c>.</c>, and has at most
/// <see cref="MaxSegmentLength"/> characters: no segment is <c>..</c>, and none can leave a directory.
/// </remarks>
public readonly record struct ResourcePath
{
    /// <summary>The longest segment, in characters.</summary>
    public const int MaxSegmentLength = 128;

    /// <summary>Makes a path.</summary>
    /// <param name="repository">First segment.</param>
    /// <param name="type">Second segment.</param>
    /// <param name="tag">Third segment.</param>
    /// <exception cref="FormatException">A segment is malformed; the message says which.</exception>
    public ResourcePath(string repository, string type, string tag)
    {
        (Repository, Type, Tag) = (Check(repository, "repository"), Check(type, "type"), Check(tag, "tag"));
    }

    /// <summary>First segment.</summary>
    public string Repository { get; }

    /// <summary>Second segment.</summary>
    public string Type { get; }

    /// <summary>Third segment.</summary>
    public string Tag { get; }

    /// <summary>Reads <c>repository/type/tag</c>.</summary>
    /// <param name="text">The text; nothing is unescaped or trimmed.</param>
    /// <param name="path">The path; default when the text is none.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out ResourcePath path)
    {
        path = default;
        var segments = text?.Split('/');
        if (segments is not { Length: 3 } || !segments.All(IsSegment))
        {
            return false;
        }

        path = new ResourcePath(segments[0], segments[1], segments[2]);
        return true;
    }

    /// <summary>Reads <c>repository/type/tag</c>.</summary>
    /// <exception cref="FormatException">The text is no path; the message says what one looks like.</exception>
    public static ResourcePath Parse(string text) => TryParse(text, out var path)
        ? path
        : throw new FormatException(
            $"'{text}' is not a resource path: write REPOSITORY/TYPE/TAG, each of letters, digits, '_', '-' and '.', not starting with "
            + $"'.', at most {MaxSegmentLength} characters, such as default/key/1.");

    /// <summary>True for a well-formed segment.</summary>
    /// <param name="text">The segment.</param>
    public static bool IsSegment(string text)
    {
        if (text.Length is 0 or > MaxSegmentLength || text[0] == '.')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>SHA-256 of the path's text, lower-case hex: what logs and records show in place of the name.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(ToString())));

    /// <summary><c>repository/type/tag</c>.</summary>
    public override string ToString() => Repository is null ? "(no resource)" : $"{Repository}/{Type}/{Tag}";

    private static string Check(string segment, string name) => segment is not null && IsSegment(segment)
        ? segment
        : throw new FormatException(
            $"The {name} of a resource has 1 to {MaxSegmentLength} letters, digits, '_', '-' and '.', and does not start with '.'.");
}
