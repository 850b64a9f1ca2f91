using System.Globalization;

namespace Casemate.Rego.Patterns;

/// <summary>Reads a regular expression in RE2's syntax: no look-around, no back-references.</summary>
internal sealed partial class RegexParser(string pattern)
{
    private const int MostRepetitions = 1000;
    private const int DeepestNesting = 250;

    // Classes whose letters were looked up in both cases; each costs up to a plane of characters.
    private const int MostFoldedClasses = 100;

    private int _at;
    private int _groups;
    private int _depth;
    private int _folded;
    private bool _foldCase;
    private bool _multiLine;
    private bool _dotAll;
    private bool _ungreedy;

    public int Groups => _groups;

    /// <summary>The names of groups by number; null for those without.</summary>
    public List<string?> Names { get; } = [null];

    /// <exception cref="RegexSyntaxException">The pattern is no regular expression.</exception>
    public RegexNode Parse()
    {
        var node = Choice();
        return _at == pattern.Length ? node : throw Fail("unexpected )");
    }

    private RegexNode Choice()
    {
        if (++_depth > DeepestNesting)
        {
            throw Fail("expression nests too deeply");
        }

        var options = new List<RegexNode> { Sequence() };
        while (_at < pattern.Length && pattern[_at] == '|')
        {
            _at++;
            options.Add(Sequence());
        }

        _depth--;
        return options.Count == 1 ? options[0] : new ChoiceNode(options);
    }

    private RegexNode Sequence()
    {
        var parts = new List<RegexNode>(Math.Min(pattern.Length - _at, _depth == 1 ? 256 : 8));
        while (_at < pattern.Length && pattern[_at] is not ('|' or ')'))
        {
            if (pattern[_at] == '\\' && _at + 1 < pattern.Length && pattern[_at + 1] == 'Q')
            {
                Quoted(parts);
                continue;
            }

            var start = _at;
            var part = Atom();
            if (part is null)
            {
                continue;
            }

            parts.Add(Repetitions(part, start));
        }

        return parts.Count switch { 0 => EmptyNode.Instance, 1 => parts[0], _ => new SequenceNode(parts) };
    }

    private void Quoted(List<RegexNode> parts)
    {
        var end = pattern.IndexOf("\\E", _at + 2, StringComparison.Ordinal);
        var stop = end < 0 ? pattern.Length : end;
        for (_at += 2; _at < stop;)
        {
            parts.Add(Literal(CodePoint()));
        }

        _at = end < 0 ? stop : end + 2;
    }

    private RegexNode Repetitions(RegexNode part, int start)
    {
        var repeated = false;
        while (_at < pattern.Length)
        {
            int least, most;
            var c = pattern[_at];
            if (c is '*' or '+' or '?')
            {
                (least, most) = c == '*' ? (0, -1) : c == '+' ? (1, -1) : (0, 1);
                _at++;
            }
            else if (c != '{' || !Counts(out least, out most))
            {
                break;
            }

            if (repeated)
            {
                throw Fail($"invalid nested repetition operator: `{pattern[start.._at]}`");
            }

            var lazy = _at < pattern.Length && pattern[_at] == '?';
            _at += lazy ? 1 : 0;
            part = new RepeatNode(part, least, most, lazy == _ungreedy);
            repeated = true;
        }

        return part;
    }

    // {n}, {n,} or {n,m}; anything else is plain text.
    private bool Counts(out int least, out int most)
    {
        (least, most) = (0, -1);
        var close = pattern.IndexOf('}', _at);
        if (close < 0)
        {
            return false;
        }

        var inside = pattern.AsSpan((_at + 1)..close);
        var comma = inside.IndexOf(',');
        var first = comma < 0 ? inside : inside[..comma];
        if (!Digits(first, out least) || (comma >= 0 && comma + 1 < inside.Length && !Digits(inside[(comma + 1)..], out most)))
        {
            return false;
        }

        most = comma < 0 ? least : most;
        if (least > MostRepetitions || most > MostRepetitions || (most >= 0 && least > most))
        {
            throw Fail($"invalid repeat count: `{pattern[_at..(close + 1)]}`");
        }

        _at = close + 1;
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value)
    {
        value = -1;
        return !text.IsEmpty && text.Length < 9 && !text.ContainsAnyExceptInRange('0', '9')
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private RegexNode? Atom()
    {
        var c = pattern[_at];
        switch (c)
        {
            case '(':
                return Group();
            case '[':
                return Class();
            case '.':
                _at++;
                return new SetNode(_dotAll ? CharSet.All : CharSet.AllButNewLine);
            case '^':
                _at++;
                return new AssertNode(_multiLine ? RegexAssertion.LineStart : RegexAssertion.TextStart);
            case '$':
                _at++;
                return new AssertNode(_multiLine ? RegexAssertion.LineEnd : RegexAssertion.TextEnd);
            case '\\':
                return Escape();
            case '*' or '+' or '?':
                throw Fail($"missing argument to repetition operator: `{c}`");
            default:
                return Literal(CodePoint());
        }
    }

    private RegexNode? Group()
    {
        var open = _at++;
        var (fold, multi, dot, lazy) = (_foldCase, _multiLine, _dotAll, _ungreedy);
        var index = -1;
        if (_at < pattern.Length && pattern[_at] == '?')
        {
            _at++;
            if (Starts("P<") || (Starts("<") && !Starts("<=") && !Starts("<!")))
            {
                index = Named(open);
            }
            else if (!Flags(open))
            {
                return null;
            }
        }
        else
        {
            index = ++_groups;
            Names.Add(null);
        }

        var inner = Choice();
        if (_at >= pattern.Length)
        {
            throw new RegexSyntaxException($"missing closing ): `{pattern[open..]}`", open);
        }

        _at++;
        (_foldCase, _multiLine, _dotAll, _ungreedy) = (fold, multi, dot, lazy);
        return index < 0 ? inner : new GroupNode(inner, index);
    }

    private int Named(int open)
    {
        var start = pattern.IndexOf('<', _at) + 1;
        var end = pattern.IndexOf('>', start);
        var name = end < 0 ? "" : pattern[start..end];
        if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_') || Names.Contains(name))
        {
            throw new RegexSyntaxException("invalid or repeated name of a group", open);
        }

        _at = end + 1;
        Names.Add(name);
        return ++_groups;
    }

    // Flags up to ':' (true: a group follows) or ')' (false: they hold for what follows).
    private bool Flags(int open)
    {
        var on = true;
        for (; _at < pattern.Length; _at++)
        {
            switch (pattern[_at])
            {
                case 'i':
                    _foldCase = on;
                    break;
                case 'm':
                    _multiLine = on;
                    break;
                case 's':
                    _dotAll = on;
                    break;
                case 'U':
                    _ungreedy = on;
                    break;
                case '-' when on:
                    on = false;
                    break;
                case ':':
                    _at++;
                    return true;
                case ')':
                    _at++;
                    return false;
                default:
                    throw new RegexSyntaxException("invalid or unsupported Perl syntax: look-around and unknown flags are not accepted",
                        open);
            }
        }

        throw new RegexSyntaxException("missing closing )", open);
    }

    private bool Starts(string text) => string.CompareOrdinal(pattern, _at, text, 0, text.Length) == 0;

    private RegexNode Literal(int c) => _foldCase ? new SetNode(CharSet.From([(c, c)], negated: false, foldCase: true))
        : CharacterNode.Of(c);

    private int CodePoint()
    {
        var c = char.IsHighSurrogate(pattern[_at]) && _at + 1 < pattern.Length ? char.ConvertToUtf32(pattern[_at], pattern[_at + 1])
            : pattern[_at];
        _at += c > 0xFFFF ? 2 : 1;
        return c;
    }

    private RegexSyntaxException Fail(string message) => new(message, Math.Min(_at, pattern.Length));
}
