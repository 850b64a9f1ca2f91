using System.Text;

namespace Casemate.KataPolicy;

/// <summary>
/// Finds one text that a pattern matches, for the patterns that policies use: literals, classes, groups, the first of alternatives, the
/// fewest repetitions.
/// </summary>
internal sealed class PatternSample
{
    // A policy may be somebody else's: a pattern that nests or repeats without end must not take the stack or the memory with it.
    private const int MaximumDepth = 64;
    private const int MaximumLength = 4096;

    private readonly string _pattern;
    private int _at;
    private int _depth;

    private PatternSample(string pattern) => _pattern = pattern;

    internal static string Of(string pattern)
    {
        var sample = new PatternSample(pattern);
        return sample.Alternatives();
    }

    private string Alternatives()
    {
        var first = Sequence();
        while (_at < _pattern.Length && _pattern[_at] == '|')
        {
            _at++;
            _ = Sequence();
        }

        return first;
    }

    private string Sequence()
    {
        var text = new StringBuilder();
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            var atom = Atom();
            var times = Repetitions();
            text.Insert(text.Length, atom, atom.Length == 0 ? 0 : Math.Min(times, Math.Max(0, MaximumLength - text.Length) / atom.Length));
        }

        return text.ToString();
    }

    private string Atom()
    {
        var c = _pattern[_at++];
        switch (c)
        {
            case '^' or '$':
                return "";
            case '.':
                return "a";
            case '[':
                return Class();
            case '(':
                return Group();
            case '\\' when _at < _pattern.Length:
                var escaped = _pattern[_at++];
                return escaped switch { 'd' => "1", 'w' => "a", 's' => " ", _ => escaped.ToString() };
            default:
                return c.ToString();
        }
    }

    private string Group()
    {
        if (_at + 1 < _pattern.Length && _pattern[_at] == '?')
        {
            // (?:…) and flags: neither changes what is sampled.
            _at = Math.Max(_at, _pattern.IndexOf(':', _at)) + 1;
        }

        if (_depth == MaximumDepth)
        {
            _at = _pattern.Length;
            return "";
        }

        _depth++;
        var text = Alternatives();
        _depth--;
        _at = Math.Min(_at + 1, _pattern.Length);
        return text;
    }

    private string Class()
    {
        var close = _pattern.IndexOf(']', Math.Min(_at + 1, _pattern.Length));
        var content = close < 0 ? _pattern[_at..] : _pattern[_at..close];
        _at = close < 0 ? _pattern.Length : close + 1;
        if (content.StartsWith('^'))
        {
            return new[] { "a", "0", "-", " " }.First(one => !content.Contains(one, StringComparison.Ordinal));
        }

        return content.StartsWith('\\') && content.Length > 1 ? content[1] switch
        {
            'd' => "1",
            'w' => "a",
            's' => " ",
            var one =>
            one.ToString()
        }
            : content.Length == 0 ? "" : content[..1];
    }

    private int Repetitions()
    {
        if (_at >= _pattern.Length)
        {
            return 1;
        }

        switch (_pattern[_at])
        {
            case '?' or '*':
                _at++;
                return 0;
            case '+':
                _at++;
                return 1;
            case '{':
                var close = _pattern.IndexOf('}', _at);
                var count = close < 0 ? "" : _pattern[(_at + 1)..close].Split(',')[0];
                if (!int.TryParse(count, out var times) || times > 1000)
                {
                    return 1;
                }

                _at = close + 1;
                return times;
            default:
                return 1;
        }
    }
}
