using System.Globalization;

namespace Casemate.Rego.Patterns;

internal sealed partial class RegexParser
{
    private static readonly List<(int, int)> s_digits = [('0', '9')];
    private static readonly List<(int, int)> s_spaces = [('\t', '\n'), ('\f', '\r'), (' ', ' ')];
    private static readonly List<(int, int)> s_words = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

    private RegexNode Escape()
    {
        if (_at + 1 >= pattern.Length)
        {
            throw Fail("trailing backslash at end of expression");
        }

        switch (pattern[_at + 1])
        {
            case 'A':
                _at += 2;
                return new AssertNode(RegexAssertion.TextStart);
            case 'z':
                _at += 2;
                return new AssertNode(RegexAssertion.TextEnd);
            case 'b':
                _at += 2;
                return new AssertNode(RegexAssertion.WordBoundary);
            case 'B':
                _at += 2;
                return new AssertNode(RegexAssertion.NoWordBoundary);
            case 'C':
                _at += 2;
                return new SetNode(CharSet.All);
            default:
                return NamedClass() is { } ranges ? new SetNode(CharSet.From(ranges, negated: false, Folds(ranges)))
                    : Literal(EscapedCharacter());
        }
    }

    // \d \D \s \S \w \W \pX \p{X} \PX at this place; null when there is none.
    private List<(int First, int Last)>? NamedClass()
    {
        var letter = pattern[_at + 1];
        var ranges = char.ToLowerInvariant(letter) switch { 'd' => s_digits, 's' => s_spaces, 'w' => s_words, _ => null };
        if (ranges is not null)
        {
            _at += 2;
            return char.IsUpper(letter) ? CharSet.Inverse(ranges) : ranges;
        }

        if (letter is not ('p' or 'P'))
        {
            return null;
        }

        var start = _at;
        _at += 2;
        string name;
        if (_at < pattern.Length && pattern[_at] == '{')
        {
            var close = pattern.IndexOf('}', _at);
            name = close < 0 ? "" : pattern[(_at + 1)..close];
            _at = close < 0 ? pattern.Length : close + 1;
        }
        else
        {
            name = _at < pattern.Length ? pattern[_at++].ToString() : "";
        }

        var inverted = name.StartsWith('^');
        var found = CharSet.Category(inverted ? name[1..] : name) ?? throw new RegexSyntaxException("invalid character class range", start);
        return inverted != (letter == 'P') ? CharSet.Inverse(found) : found;
    }

    private int EscapedCharacter()
    {
        var start = _at;
        var c = pattern[_at + 1];
        _at += 2;
        switch (c)
        {
            case 'a':
                return '\a';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'v':
                return '\v';
            case 'x':
                return Hexadecimal(start);
            case >= '1' and <= '7' when _at >= pattern.Length || pattern[_at] is < '0' or > '7':
                break;
            case >= '0' and <= '7':
                var octal = c - '0';
                for (var i = 0; i < 2 && _at < pattern.Length && pattern[_at] is >= '0' and <= '7'; i++)
                {
                    octal = (octal * 8) + pattern[_at++] - '0';
                }

                return octal;
            case < (char)128 when !char.IsAsciiLetterOrDigit(c):
                return c;
        }

        throw new RegexSyntaxException($"invalid escape sequence: `\\{c}`", start);
    }

    private int Hexadecimal(int start)
    {
        var digits = "";
        if (_at < pattern.Length && pattern[_at] == '{')
        {
            var close = pattern.IndexOf('}', _at);
            digits = close < 0 ? "" : pattern[(_at + 1)..close];
            _at = close + 1;
        }
        else if (_at + 2 <= pattern.Length)
        {
            digits = pattern.Substring(_at, 2);
            _at += 2;
        }

        return digits.Length is > 0 and <= 8
            && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && value is >= 0 and <= CharSet.MaximumCharacter
            ? value
            : throw new RegexSyntaxException("invalid escape sequence: `\\x`", start);
    }

    private SetNode Class()
    {
        var open = _at++;
        var negated = _at < pattern.Length && pattern[_at] == '^';
        _at += negated ? 1 : 0;
        var ranges = new List<(int First, int Last)>();
        for (var first = true; ; first = false)
        {
            if (_at >= pattern.Length)
            {
                throw new RegexSyntaxException($"missing closing ]: `{pattern[open..]}`", open);
            }

            if (pattern[_at] == ']' && !first)
            {
                _at++;
                break;
            }

            if (Starts("[:") && PosixClass(ranges))
            {
                continue;
            }

            if (pattern[_at] == '\\' && _at + 1 < pattern.Length && NamedClass() is { } named)
            {
                ranges.AddRange(named);
                continue;
            }

            var low = ClassCharacter(open);
            var high = low;
            if (_at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] != ']')
            {
                _at++;
                high = ClassCharacter(open);
            }

            if (high < low)
            {
                throw new RegexSyntaxException("invalid character class range", open);
            }

            ranges.Add((low, high));
        }

        return new SetNode(CharSet.From(ranges, negated, Folds(ranges)));
    }

    private bool Folds(List<(int First, int Last)> ranges)
    {
        if (_foldCase && ranges.Sum(range => (long)range.Last - range.First) > 1000 && ++_folded > MostFoldedClasses)
        {
            throw Fail("expression too large: too many wide classes without regard to case");
        }

        return _foldCase;
    }

    private int ClassCharacter(int open)
    {
        if (_at >= pattern.Length)
        {
            throw new RegexSyntaxException("missing closing ]", open);
        }

        if (pattern[_at] != '\\')
        {
            return CodePoint();
        }

        return _at + 1 < pattern.Length ? EscapedCharacter() : throw Fail("trailing backslash at end of expression");
    }

    private bool PosixClass(List<(int First, int Last)> ranges)
    {
        var end = pattern.IndexOf(":]", _at + 2, StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var name = pattern[(_at + 2)..end];
        var inverted = name.StartsWith('^');
        List<(int, int)> found = (inverted ? name[1..] : name) switch
        {
            "alnum" => [('0', '9'), ('A', 'Z'), ('a', 'z')],
            "alpha" => [('A', 'Z'), ('a', 'z')],
            "ascii" => [(0, 127)],
            "blank" => [('\t', '\t'), (' ', ' ')],
            "cntrl" => [(0, 31), (127, 127)],
            "digit" => s_digits,
            "graph" => [('!', '~')],
            "lower" => [('a', 'z')],
            "print" => [(' ', '~')],
            "punct" => [('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            "space" => [('\t', '\r'), (' ', ' ')],
            "upper" => [('A', 'Z')],
            "word" => s_words,
            "xdigit" => [('0', '9'), ('A', 'F'), ('a', 'f')],
            _ => throw Fail("invalid character class range"),
        };
        ranges.AddRange(inverted ? CharSet.Inverse(found) : found);
        _at = end + 2;
        return true;
    }
}
