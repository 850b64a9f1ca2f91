using System.Globalization;

namespace Casemate.Broker;

/// <summary>One node of a policy file: where it stands, what it is called, and its text, items or members.</summary>
internal sealed class PolicyNode(int line, int column, string path)
{
    private const int MaxListLength = 4096;

    /// <summary>The scalar's text; null for a list or a mapping.</summary>
    public string? Text { get; init; }

    /// <summary>True for a scalar without quotes, the only kind that can be null, a number or a boolean.</summary>
    public bool IsPlain { get; init; }

    /// <summary>The items of a list; null otherwise.</summary>
    public List<PolicyNode>? Items { get; init; }

    /// <summary>The members of a mapping in their order; null otherwise.</summary>
    public List<(PolicyNode Key, PolicyNode Value)>? Members { get; init; }

    /// <summary>True for an absent value: <c>null</c>, <c>~</c> or nothing after the colon.</summary>
    public bool IsNull => IsPlain && Text is "" or "null" or "~";

    /// <summary>The error at this place.</summary>
    public AppraisalPolicyException Error(string problem) => new(line, column, path.Length > 0 ? $"{path}: {problem}" : problem);

    /// <summary>The scalar's text.</summary>
    public string AsText(string expected) => Text is { } text && !IsNull ? text : throw Error($"expected {expected}, found {Describe()}");

    /// <summary>A boolean.</summary>
    public bool AsFlag() =>
        IsPlain && Text is "true" or "false" ? Text is "true" : throw Error($"expected true or false, found {Describe()}");

    /// <summary>A whole number, decimal or with 0x in hexadecimal.</summary>
    public ulong AsNumber(ulong maximum)
    {
        if (IsPlain && Text is { } text)
        {
            var isHex = text.StartsWith("0x", StringComparison.Ordinal);
            if (ulong.TryParse(
                    isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture,
                    out var value)
                && value <= maximum)
            {
                return value;
            }
        }

        throw Error($"expected a whole number from 0 to {maximum}, found {Describe()}");
    }

    /// <summary>Bytes in hexadecimal, upper or lower case.</summary>
    public byte[] AsHex(int size)
    {
        var text = AsText($"{size} bytes in hexadecimal");
        if (text.Length == 2 * size && text.All(char.IsAsciiHexDigit))
        {
            return Convert.FromHexString(text);
        }

        throw Error(text.All(char.IsAsciiHexDigit)
            ? $"expected {size} bytes, that is {2 * size} hexadecimal digits, found {text.Length} digits"
            : $"expected {2 * size} hexadecimal digits without prefix or spaces, found {Describe()}");
    }

    /// <summary>The items of a list.</summary>
    public List<PolicyNode> AsList()
    {
        if (Items is null)
        {
            throw Error($"expected a list, found {Describe()}; write [a, b] or one '- item' a line");
        }

        return Items.Count <= MaxListLength ? Items : throw Error($"expected at most {MaxListLength} items, found {Items.Count}");
    }

    /// <summary>The members of a mapping.</summary>
    public List<(PolicyNode Key, PolicyNode Value)> AsMapping() =>
        Members ?? throw Error($"expected keys with values, found {Describe()}");

    /// <summary>What stands here, for a message: short, and nothing but printable ASCII of the input.</summary>
    public string Describe()
    {
        if (Text is null)
        {
            return Items is null ? "a mapping" : "a list";
        }

        if (IsNull)
        {
            return "nothing";
        }

        var shown = string.Concat(Text.Take(40).Select(c => c is >= ' ' and < '\x7f' ? c : '?'));
        return Text.Length > 40 ? $"'{shown}...'" : $"'{shown}'";
    }
}
