namespace Casemate.Rego.Builtins;

/// <summary><c>regex.globs_match</c>: whether some text matches two glob-like expressions of characters, classes, <c>.</c>, <c>*</c> and
/// <c>+</c>.</summary>
internal static class GlobsMatch
{
    private const int LongestPattern = 1000;

    public static RegoValue? Match(BuiltinContext context, RegoValue left, RegoValue right)
    {
        if (Tokens(((RegoString)left).Value) is not { } a || Tokens(((RegoString)right).Value) is not { } b)
        {
            return context.Error("regex.globs_match: input:\ninvalid or too long glob-like expression");
        }

        // Pairs of places from which a common rest may exist: each is looked at once.
        var seen = new HashSet<(int, int)>();
        var waiting = new Stack<(int A, int B)>();
        waiting.Push((0, 0));
        while (waiting.TryPop(out var at))
        {
            context.Step();
            if (!seen.Add(at))
            {
                continue;
            }

            if (at.A == a.Count && at.B == b.Count)
            {
                return RegoValue.True;
            }

            var (hasA, hasB) = (at.A < a.Count, at.B < b.Count);
            if (hasA && a[at.A].Optional)
            {
                waiting.Push((at.A + 1, at.B));
            }

            if (hasB && b[at.B].Optional)
            {
                waiting.Push((at.A, at.B + 1));
            }

            if (hasA && hasB && a[at.A].Characters.Overlaps(b[at.B].Characters))
            {
                var (x, y) = (a[at.A].Repeats ? at.A : -1, b[at.B].Repeats ? at.B : -1);
                waiting.Push((at.A + 1, at.B + 1));
                if (x >= 0)
                {
                    waiting.Push((at.A, at.B + 1));
                }

                if (y >= 0)
                {
                    waiting.Push((at.A + 1, at.B));
                }
            }
        }

        return RegoValue.False;
    }

    private static List<Token>? Tokens(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            return null;
        }

        var tokens = new List<Token>();
        for (var i = 0; i < pattern.Length; i++)
        {
            HashSet<char> characters;
            switch (pattern[i])
            {
                case '.':
                    characters = [.. Enumerable.Range(1, 255).Select(c => (char)c)];
                    break;
                case '[':
                    var close = pattern.IndexOf(']', i);
                    if (close < 0)
                    {
                        return null;
                    }

                    characters = Class(pattern[(i + 1)..close]);
                    i = close;
                    break;
                case '\\' when i + 1 < pattern.Length:
                    characters = [pattern[++i]];
                    break;
                case '*' or '+':
                    return null;
                default:
                    characters = [pattern[i]];
                    break;
            }

            var flag = i + 1 < pattern.Length ? pattern[i + 1] : '\0';
            tokens.Add(new Token(characters, flag == '*', flag is '*' or '+'));
            i += flag is '*' or '+' ? 1 : 0;
        }

        return tokens;
    }

    private static HashSet<char> Class(string inside)
    {
        var characters = new HashSet<char>();
        for (var i = 0; i < inside.Length; i++)
        {
            if (i + 2 < inside.Length && inside[i + 1] == '-')
            {
                for (int c = inside[i]; c <= inside[i + 2] && c < 256; c++)
                {
                    characters.Add((char)c);
                }

                i += 2;
            }
            else
            {
                characters.Add(inside[i]);
            }
        }

        return characters;
    }

    private sealed record Token(HashSet<char> Characters, bool Optional, bool Repeats);
}
