using System.Text;
using Casemate.Rego.Patterns;

namespace Casemate.Rego.Builtins;

/// <summary>Regular expressions and globs.</summary>
internal static class RegexBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("regex.match", "s", "s", (c, p, t) => IsMatch(c, "regex.match", Text(p), Text(t)));
        table.Alias("re_match", "regex.match");
        table.Add("regex.is_valid", "*", (_, p) =>
            RegoValue.From(p is RegoString text && RegexProgram.TryCompile(text.Value, out var _, out var _)));
        table.Add("regex.split", "s", "s", Split);
        table.Add("regex.replace", ["s", "s", "s"], Replace);
        table.Add("regex.find_n", ["s", "s", "n"], FindN);
        table.Add("regex.find_all_string_submatch_n", ["s", "s", "n"], FindAllSubmatch);
        table.Add("regex.template_match", ["s", "s", "s", "s"], TemplateMatch);
        table.Add("regex.globs_match", "s", "s", GlobsMatch.Match);
        table.Add("glob.match", ["s", "0a", "s"], Glob);
        table.Add("glob.quote_meta", "s", (_, a) => RegoString.Create(GlobPattern.Quote(Text(a))));
    }

    private static string Text(RegoValue value) => ((RegoString)value).Value;

    private static RegexMatcher? Matcher(BuiltinContext context, string name, string pattern, string text, bool groups)
    {
        if (RegexProgram.TryCompile(pattern, out var program, out var error))
        {
            context.Step(program.Length / 64);
            context.Matcher.Start(program, text, groups);
            return context.Matcher;
        }

        context.Error($"{name}: {error}");
        return null;
    }

    private static RegoBoolean? IsMatch(BuiltinContext context, string name, string pattern, string text)
    {
        if (PlainPattern.TryMatch(pattern, text, out var isMatch))
        {
            context.Step(1 + (pattern.Length / 64) + (text.Length / 64));
            return RegoValue.From(isMatch);
        }

        var matcher = Matcher(context, name, pattern, text, groups: false);
        return matcher is null ? null : RegoValue.From(matcher.IsMatch());
    }

    // All matches from left to right; an empty one right after another does not count.
    private static IEnumerable<int[]> Matches(BuiltinContext context, RegexMatcher matcher, string text, long most)
    {
        var (at, previousEnd, count) = (0, -1, 0L);
        while (at <= text.Length && (most < 0 || count < most))
        {
            if (matcher.Find(at) is not { } match)
            {
                yield break;
            }

            var accepted = match[1] != at || match[0] != previousEnd;
            at = match[1] != at ? match[1] : at + (at < text.Length && char.IsHighSurrogate(text[at]) ? 2 : 1);
            previousEnd = match[1];
            if (accepted)
            {
                count++;
                context.CheckCount(count);
                context.Charge(64);
                yield return match;
            }
        }
    }

    private static RegoValue? Split(BuiltinContext context, RegoValue pattern, RegoValue subject)
    {
        var text = Text(subject);
        if (Matcher(context, "regex.split", Text(pattern), text, groups: false) is not { } matcher)
        {
            return null;
        }

        if (text.Length == 0)
        {
            return RegoArray.Own([RegoString.Empty]);
        }

        var pieces = new List<RegoValue>();
        var (start, end) = (0, 0);
        foreach (var match in Matches(context, matcher, text, -1))
        {
            end = match[0];
            if (match[1] != 0)
            {
                pieces.Add(RegoString.Create(text[start..end]));
            }

            start = match[1];
        }

        if (end != text.Length)
        {
            pieces.Add(RegoString.Create(text[start..]));
        }

        return RegoArray.Own([.. pieces]);
    }

    private static RegoValue? Replace(BuiltinContext context, RegoValue[] a)
    {
        var (text, by) = (Text(a[0]), Text(a[2]));
        if (Matcher(context, "regex.replace", Text(a[1]), text, groups: true) is not { } matcher
            || !RegexProgram.TryCompile(Text(a[1]), out var program, out _))
        {
            return null;
        }

        var (replaced, at) = (new StringBuilder(), 0);
        foreach (var match in Matches(context, matcher, text, -1))
        {
            replaced.Append(text, at, match[0] - at);
            Expand(replaced, by, text, match, program);
            context.CheckLength(replaced.Length);
            at = match[1];
        }

        return context.Text(replaced.Append(text, at, text.Length - at).ToString());
    }

    // $1, $name, ${name} and $$ as in Go.
    private static void Expand(StringBuilder into, string template, string text, int[] match, RegexProgram program)
    {
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '$' || i + 1 >= template.Length)
            {
                into.Append(template[i]);
                continue;
            }

            if (template[i + 1] == '$')
            {
                into.Append('$');
                i++;
                continue;
            }

            var braced = template[i + 1] == '{';
            var (start, end) = (i + (braced ? 2 : 1), i + (braced ? 2 : 1));
            while (end < template.Length && (char.IsAsciiLetterOrDigit(template[end]) || template[end] == '_'))
            {
                end++;
            }

            if (end == start || (braced && (end >= template.Length || template[end] != '}')))
            {
                into.Append('$');
                continue;
            }

            var name = template[start..end];
            var group = int.TryParse(name, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number
                : program.Names.IndexOf(name);
            if (group >= 0 && group < program.Groups && match[2 * group] >= 0)
            {
                into.Append(text, match[2 * group], match[(2 * group) + 1] - match[2 * group]);
            }

            i = braced ? end : end - 1;
        }
    }

    private static RegoValue? FindN(BuiltinContext context, RegoValue[] a)
    {
        var text = Text(a[1]);
        if (a[2] is not RegoNumber { IsSmall: true } most)
        {
            return context.TypeError("regex.find_n: operand 3 must be integer number");
        }

        return Matcher(context, "regex.find_n", Text(a[0]), text, groups: false) is { } matcher
            ? RegoArray.Own([.. Matches(context, matcher, text, most.Small).Select(match => RegoString.Create(text[match[0]..match[1]]))])
            : null;
    }

    private static RegoValue? FindAllSubmatch(BuiltinContext context, RegoValue[] a)
    {
        var text = Text(a[1]);
        if (a[2] is not RegoNumber { IsSmall: true } most)
        {
            return context.TypeError("regex.find_all_string_submatch_n: operand 3 must be integer number");
        }

        if (Matcher(context, "regex.find_all_string_submatch_n", Text(a[0]), text, groups: true) is not { } matcher)
        {
            return null;
        }

        var found = new List<RegoValue>();
        foreach (var match in Matches(context, matcher, text, most.Small))
        {
            var groups = new RegoValue[match.Length / 2];
            for (var i = 0; i < groups.Length; i++)
            {
                groups[i] = match[2 * i] < 0 ? RegoString.Empty : RegoString.Create(text[match[2 * i]..match[(2 * i) + 1]]);
            }

            context.Charge(groups.Length * 64L);
            found.Add(RegoArray.Own(groups));
        }

        return RegoArray.Own([.. found]);
    }

    // Patterns stand between delimiters; the rest is plain text.
    private static RegoValue? TemplateMatch(BuiltinContext context, RegoValue[] a)
    {
        var (template, open, close) = (Text(a[0]), Text(a[2]), Text(a[3]));
        if (open.Length != 1 || close.Length != 1)
        {
            return context.Error("regex.template_match: delimiters must be exactly one character in length");
        }

        var (pattern, at) = (new StringBuilder("^"), 0);
        while (at < template.Length)
        {
            var start = template.IndexOf(open[0], at);
            var end = start;
            for (var depth = 0; start >= 0 && end < template.Length; end++)
            {
                depth += template[end] == open[0] ? 1 : template[end] == close[0] ? -1 : 0;
                if (depth == 0)
                {
                    break;
                }
            }

            if (start >= 0 && end >= template.Length)
            {
                return context.Error("regex.template_match: unbalanced braces in " + a[0]);
            }

            var plain = start < 0 ? template[at..] : template[at..start];
            pattern.Append("\\Q").Append(plain.Replace("\\E", "\\E\\\\E\\Q", StringComparison.Ordinal)).Append("\\E");
            if (start < 0)
            {
                break;
            }

            pattern.Append('(').Append(template, start + 1, end - start - 1).Append(')');
            at = end + 1;
        }

        return IsMatch(context, "regex.template_match", pattern.Append('$').ToString(), Text(a[1]));
    }

    private static RegoValue? Glob(BuiltinContext context, RegoValue[] a)
    {
        var delimiters = new HashSet<char>();
        if (a[1] is RegoArray given)
        {
            foreach (var item in given)
            {
                if (item is not RegoString { Value.Length: 1 } delimiter)
                {
                    return context.TypeError("glob.match: operand 2 must be array of single characters");
                }

                delimiters.Add(delimiter.Value[0]);
            }

            if (given.Count == 0)
            {
                delimiters.Add('.');
            }
        }

        var pattern = GlobPattern.ToRegex(Text(a[0]), delimiters, out var error);
        return pattern is null ? context.Error($"glob.match: {error}") : IsMatch(context, "glob.match", pattern, Text(a[2]));
    }
}
