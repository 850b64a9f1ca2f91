namespace Casemate.Collateral.Pccs;

/// <summary>
/// The query of a request to a caching service. Names are case-sensitive; of a name that comes twice the first value counts, as in the
/// reference PCCS; names that nobody asks for are ignored.
/// </summary>
public sealed class PccsQuery
{
    /// <summary>The most characters of a query, escapes included.</summary>
    public const int MaximumLength = 12 * 1024;

    /// <summary>The most parameters.</summary>
    public const int MaximumParameters = 32;

    private readonly List<KeyValuePair<string, string>> _parameters;

    private PccsQuery(List<KeyValuePair<string, string>> parameters) => _parameters = parameters;

    /// <summary>A request without a query.</summary>
    public static PccsQuery Empty { get; } = new([]);

    /// <summary>How many different parameters there are.</summary>
    public int Count => _parameters.Count;

    /// <summary>The first value of a parameter, unescaped; null when it is not there.</summary>
    /// <param name="name">Its name, case-sensitive.</param>
    public string? this[string name]
    {
        get
        {
            foreach (var (known, value) in _parameters)
            {
                if (known == name)
                {
                    return value;
                }
            }

            return null;
        }
    }

    /// <summary>Reads a query.</summary>
    /// <param name="text">The text behind the path, with or without its question mark; may be empty.</param>
    /// <param name="query">The parameters; empty on failure.</param>
    /// <param name="error">What is wrong, without a part of the input; empty on success.</param>
    /// <returns>False for escapes that are not two hex digits, bytes that are not UTF-8, control characters, and too much of
    /// anything.</returns>
    public static bool TryRead(ReadOnlySpan<char> text, out PccsQuery query, out string error)
    {
        query = Empty;
        if (text.Length > MaximumLength)
        {
            error = $"the query has more than {MaximumLength} characters";
            return false;
        }

        var rest = text.StartsWith("?") ? text[1..] : text;
        var parameters = new List<KeyValuePair<string, string>>(8);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf('&');
            var pair = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (pair.IsEmpty)
            {
                continue;
            }

            var equals = pair.IndexOf('=');
            if (!TryUnescape(equals < 0 ? pair : pair[..equals], out var name)
                || !TryUnescape(equals < 0 ? [] : pair[(equals + 1)..], out var value))
            {
                error = "a parameter of the query is not escaped as a URL needs it";
                return false;
            }

            if (parameters.Exists(known => known.Key == name))
            {
                continue;
            }

            if (parameters.Count == MaximumParameters)
            {
                error = $"the query has more than {MaximumParameters} parameters";
                return false;
            }

            parameters.Add(new(name, value));
        }

        query = parameters.Count == 0 ? Empty : new PccsQuery(parameters);
        error = "";
        return true;
    }

    private static bool TryUnescape(ReadOnlySpan<char> text, out string plain)
    {
        plain = "";
        if (!text.ContainsAny('%', '+') && !text.ContainsAnyExceptInRange(' ', '~'))
        {
            plain = text.ToString();
            return true;
        }

        var bytes = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    return false;
                }

                bytes[length++] = (byte)((Digit(text[i + 1]) << 4) | Digit(text[i + 2]));
                i += 2;
            }
            else if (text[i] is >= ' ' and <= '~')
            {
                bytes[length++] = text[i] == '+' ? (byte)' ' : (byte)text[i];
            }
            else
            {
                return false;
            }
        }

        var used = bytes.AsSpan(0, length);
        if (!System.Text.Unicode.Utf8.IsValid(used) || used.ContainsAnyInRange((byte)0, (byte)0x1F))
        {
            return false;
        }

        plain = System.Text.Encoding.UTF8.GetString(used);
        return true;
    }

    private static int Digit(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
