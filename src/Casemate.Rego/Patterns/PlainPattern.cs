using System.Globalization;

namespace Casemate.Rego.Patterns;

/// <summary>
/// Matches patterns of the plainest kind straight from their text: <c>^</c>, characters, sets of ASCII characters with <c>+</c>,
/// <c>*</c>, <c>{n}</c> or <c>{n,m}</c>, <c>(characters)?</c> with or without <c>?:</c>, and <c>$</c>. Policies build such patterns per
/// request, by putting identifiers into them, so that preparing each would cost more than matching it once.
/// </summary>
internal ref struct PlainPattern
{
    private const int MostRepetitions = 1000;
    private readonly ReadOnlySpan<char> _pattern;
    private readonly ReadOnlySpan<char> _text;
    private int _at;
    private int _read;
    private bool _failed;

    private PlainPattern(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        _pattern = pattern;
        _text = text;
    }

    /// <summary>Matches, if the pattern is of this kind.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="text">The text.</param>
    /// <param name="isMatch">Whether the text matches; meaningless for other patterns.</param>
    /// <returns>False for a pattern of any other kind, also for one that is malformed.</returns>
    public static bool TryMatch(string pattern, string text, out bool isMatch)
    {
        isMatch = false;
        if (pattern.Length < 2 || pattern[0] != '^' || pattern.Length > RegexProgram.MaximumPatternLength)
        {
            return false;
        }

        var matcher = new PlainPattern(Unwrapped(pattern), text) { _at = 1 };
        var known = matcher.Run();
        isMatch = known && !matcher._failed;
        return known;
    }

    // ^(?:x)$ and ^(?:^x$)$ are ^x$ where x has no groups, no choice and no anchors; a backslash may hide a bracket or begin anything else.
    private static ReadOnlySpan<char> Unwrapped(string pattern)
    {
        const string Begin = "^(?:", End = ")$";
        if (!pattern.StartsWith(Begin, StringComparison.Ordinal) || !pattern.EndsWith(End, StringComparison.Ordinal)
            || pattern.Length < Begin.Length + End.Length)
        {
            return pattern;
        }

        var inner = pattern.AsSpan(Begin.Length, pattern.Length - Begin.Length - End.Length);
        inner = inner.StartsWith('^') ? inner[1..] : inner;
        inner = inner.EndsWith('$') ? inner[..^1] : inner;
        return inner.ContainsAny("()|\\^$") ? pattern : $"^{inner}$";
    }

    // Goes on after a mismatch: a pattern that is malformed further on must not be taken for one that does not match.
    private bool Run()
    {
        while (_at < _pattern.Length)
        {
            var c = _pattern[_at];
            if (c == '$')
            {
                _failed |= _read != _text.Length;
                return _at == _pattern.Length - 1;
            }

            if (c == '[')
            {
                if (!Set())
                {
                    return false;
                }
            }
            else if (c == '(')
            {
                if (!Option())
                {
                    return false;
                }
            }
            else if (!Literal(out var wanted) || IsQuantifier())
            {
                return false;
            }
            else if (!_failed)
            {
                _failed = _read >= _text.Length || _text[_read] != wanted;
                _read++;
            }
        }

        return true;
    }

    private readonly bool IsQuantifier() => _at < _pattern.Length && _pattern[_at] is '*' or '+' or '?' or '{';

    // One character, plain or escaped.
    private bool Literal(out char c)
    {
        c = _pattern[_at++];
        if (c == '\\')
        {
            if (_at >= _pattern.Length || !char.IsAscii(_pattern[_at]) || char.IsAsciiLetterOrDigit(_pattern[_at]) || _pattern[_at] < ' ')
            {
                return false;
            }

            c = _pattern[_at++];
            return true;
        }

        return !char.IsSurrogate(c) && c is not ('.' or '+' or '*' or '?' or '(' or ')' or '|' or ']' or '{' or '}' or '^' or '$');
    }

    // (characters)?, of which nobody asks what it captured: nothing to choose where they are not there, or where what follows begins with
    // another character.
    private bool Option()
    {
        var group = _pattern[_at..];
        if (!group.StartsWith("(?:", StringComparison.Ordinal) && (group.Length < 2 || group[1] == '?'))
        {
            return false;
        }

        _at += group[1] == '?' ? 3 : 1;
        var (start, first, length, isThere) = (_at, '\0', 0, true);
        while (_at < _pattern.Length && _pattern[_at] != ')')
        {
            if (_pattern[_at] == '[' || !Literal(out var c) || IsQuantifier())
            {
                return false;
            }

            first = length == 0 ? c : first;
            isThere = isThere && _read + length < _text.Length && _text[_read + length] == c;
            length++;
        }

        if (_at == start || !_pattern[_at..].StartsWith(")?", StringComparison.Ordinal))
        {
            return false;
        }

        _at += 2;
        if (IsQuantifier() || (isThere && !_failed && _at < _pattern.Length && (_pattern[_at] is '[' or '(' or '.' or '|'
            || (_pattern[_at] == '\\' ? _at + 1 >= _pattern.Length || _pattern[_at + 1] == first : _pattern[_at] == first))))
        {
            return false;
        }

        _read += isThere && !_failed ? length : 0;
        return true;
    }

    private bool Set()
    {
        var members = default(UInt128);
        _at++;
        var start = _at;
        while (_at < _pattern.Length && _pattern[_at] != ']')
        {
            var bare = _pattern[_at] == '-';
            if (!Member(out var first) || (bare && _at - 1 != start && !IsSetEnd()))
            {
                return false;
            }

            var last = first;
            if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                _at++;
                if (!Member(out last) || last < first)
                {
                    return false;
                }
            }

            for (int c = first; c <= last; c++)
            {
                members |= UInt128.One << c;
            }
        }

        if (_at >= _pattern.Length || _at == start)
        {
            return false;
        }

        _at++;
        return Repeat(members);
    }

    // A bare hyphen is one at both ends of the set; elsewhere other machinery decides.
    private readonly bool IsSetEnd() => _at < _pattern.Length && _pattern[_at] == ']';

    private bool Member(out char c)
    {
        c = _at < _pattern.Length ? _pattern[_at++] : '[';
        if (c == '\\')
        {
            c = _at < _pattern.Length ? _pattern[_at++] : '[';
            return char.IsAscii(c) && !char.IsAsciiLetterOrDigit(c) && c >= ' ';
        }

        return char.IsAscii(c) && c is not ('[' or ']' or '^' or '&' or '~');
    }

    private bool Repeat(UInt128 members)
    {
        var (least, most) = (1, 1);
        if (_at < _pattern.Length && _pattern[_at] is '+' or '*')
        {
            (least, most) = (_pattern[_at] == '+' ? 1 : 0, int.MaxValue);
            _at++;

            // Taking as much as possible is right only where what follows cannot be a part of it.
            if (!IsFollowedByOther(members))
            {
                return false;
            }
        }
        else if (_at < _pattern.Length && _pattern[_at] == '{')
        {
            var close = _pattern[_at..].IndexOf('}');
            if (close < 2 || !Bounds(_pattern.Slice(_at + 1, close - 1), out least, out most))
            {
                return false;
            }

            _at += close + 1;
            if (least != most && !IsFollowedByOther(members))
            {
                return false;
            }
        }

        if (IsQuantifier())
        {
            return false;
        }

        var count = 0;
        while (!_failed && count < most && _read < _text.Length && Contains(members, _text[_read]))
        {
            (count, _read) = (count + 1, _read + 1);
        }

        _failed |= count < least;
        return true;
    }

    // n or n,m
    private static bool Bounds(ReadOnlySpan<char> text, out int least, out int most)
    {
        var comma = text.IndexOf(',');
        if (comma < 0)
        {
            return Bound(text, 1, out least) & Bound(text, 1, out most);
        }

        return Bound(text[..comma], 0, out least) & Bound(text[(comma + 1)..], Math.Max(1, least), out most);
    }

    private static bool Bound(ReadOnlySpan<char> text, int from, out int bound) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bound) && bound >= from && bound <= MostRepetitions
        && (text[0] != '0' || text.Length == 1);

    private readonly bool IsFollowedByOther(UInt128 members)
    {
        if (_at >= _pattern.Length)
        {
            return true;
        }

        var c = _pattern[_at];
        if (c == '$')
        {
            return true;
        }

        if (c == '\\')
        {
            c = _at + 1 < _pattern.Length ? _pattern[_at + 1] : '[';
        }
        else if (c is '.' or '(' or '[' or '|' or '?' or '+' or '*')
        {
            return false;
        }

        return !Contains(members, c);
    }

    private static bool Contains(UInt128 members, char c) => char.IsAscii(c) && (members >> c & UInt128.One) != UInt128.Zero;
}
