using System.Globalization;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>Functions of strings. Offsets and lengths count characters (code points).</summary>
internal static class StringBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("startswith", "s", "s", (_, a, b) => RegoValue.From(Text(a).StartsWith(Text(b), StringComparison.Ordinal)));
        table.Add("endswith", "s", "s", (_, a, b) => RegoValue.From(Text(a).EndsWith(Text(b), StringComparison.Ordinal)));
        table.Add("contains", "s", "s", (c, a, b) => RegoValue.From(Sought(c, a, b) && Text(a).Contains(Text(b), StringComparison.Ordinal)));
        table.Add("lower", "s", (_, a) => RegoString.Create(Text(a).ToLowerInvariant()));
        table.Add("upper", "s", (_, a) => RegoString.Create(Text(a).ToUpperInvariant()));
        table.Add("concat", "s", "at", Concat);
        table.Add("split", "s", "s", Split);
        table.Add("strings.split_n", ["s", "s", "n"], SplitN);
        table.Add("replace", ["s", "s", "s"], Replace);
        table.Add("substring", ["s", "n", "n"], Substring);
        table.Add("indexof", "s", "s", IndexOf);
        table.Add("indexof_n", "s", "s", IndexOfN);
        table.Add("trim", "s", "s", (_, a, b) => RegoString.Create(Trim(Text(a), Text(b), left: true, right: true)));
        table.Add("trim_left", "s", "s", (_, a, b) => RegoString.Create(Trim(Text(a), Text(b), left: true, right: false)));
        table.Add("trim_right", "s", "s", (_, a, b) => RegoString.Create(Trim(Text(a), Text(b), left: false, right: true)));
        table.Add("trim_prefix", "s", "s", (_, a, b) =>
            Text(a).StartsWith(Text(b), StringComparison.Ordinal) ? RegoString.Create(Text(a)[Text(b).Length..]) : a);
        table.Add("trim_suffix", "s", "s", (_, a, b) =>
            Text(a).EndsWith(Text(b), StringComparison.Ordinal) ? RegoString.Create(Text(a)[..^Text(b).Length]) : a);
        table.Add("trim_space", "s", (_, a) => RegoString.Create(Text(a).Trim()));
        table.Add("reverse", "s", (_, a) => Reverse(Text(a)));
        table.Add("strings.reverse", "s", (_, a) => Reverse(Text(a)));
        table.Add("strings.count", "s", "s", (c, a, b) => RegoNumber.Create(!Sought(c, a, b) ? 0 : CountOf(Text(a), Text(b), ((RegoString)a).Length)));
        table.Add("strings.replace_n", "o", "s", ReplaceN);
        table.Add("strings.any_prefix_match", "sta", "sta", (c, a, b) => AnyMatch(c, "strings.any_prefix_match", a, b, prefix: true));
        table.Add("strings.any_suffix_match", "sta", "sta", (c, a, b) => AnyMatch(c, "strings.any_suffix_match", a, b, prefix: false));
        table.Add("strings.render_template", "s", "o", TemplateText.Render);
        table.Add("sprintf", "s", "a", GoFormat.Sprintf);
    }

    public static string Text(RegoValue value) => ((RegoString)value).Value;

    // A search costs up to the product of both lengths, whatever it finds; always true.
    private static bool Sought(BuiltinContext context, RegoValue text, RegoValue what)
    {
        context.Step((long)Text(text).Length * Text(what).Length >> 14);
        return true;
    }

    private static RegoValue? Concat(BuiltinContext context, RegoValue separator, RegoValue collection)
    {
        var items = AggregateBuiltins.Items(collection);
        context.Step(items.Length);
        var (text, between) = (new StringBuilder(), Text(separator));
        for (var i = 0; i < items.Length; i++)
        {
            if (items[i] is not RegoString item)
            {
                return context.TypeError($"concat: operand 2 must be {collection.TypeName} of strings but got {collection.TypeName} containing {items[i].TypeName}");
            }

            text.Append(i == 0 ? "" : between).Append(item.Value);
            context.CheckLength(text.Length);
        }

        return context.Text(text.ToString());
    }

    // The first pieces for a positive number, the last ones for a negative one.
    private static RegoValue? SplitN(BuiltinContext context, RegoValue[] a)
    {
        if (a[2] is not RegoNumber { IsInteger: true } count)
        {
            return context.TypeError("strings.split_n: operand 3 must be integer number but got floating-point number");
        }

        if (Split(context, a[0], a[1]) is not RegoArray pieces)
        {
            return null;
        }

        var wanted = count.TryGetInt64(out var n) && Math.Abs((double)n) < pieces.Count ? (int)n : count.Sign * pieces.Count;
        return RegoArray.Own((wanted >= 0 ? pieces.Items[..wanted] : pieces.Items[(pieces.Count + wanted)..]).ToArray());
    }

    private static RegoValue? Split(BuiltinContext context, RegoValue text, RegoValue delimiter)
    {
        Sought(context, text, delimiter);
        var (whole, by) = (Text(text), Text(delimiter));
        if (by.Length == 0)
        {
            context.CheckCount(((RegoString)text).Length);
            context.Charge(whole.Length * 64L);
            return RegoArray.Own([.. whole.EnumerateRunes().Select(rune => RegoString.Create(rune.ToString()))]);
        }

        var pieces = new List<RegoValue>();
        for (var start = 0; ;)
        {
            var end = whole.IndexOf(by, start, StringComparison.Ordinal);
            pieces.Add(RegoString.Create(end < 0 ? whole[start..] : whole[start..end]));
            context.CheckCount(pieces.Count);
            context.Step();
            if (end < 0)
            {
                context.Charge((pieces.Count * 48L) + (whole.Length * 2L));
                return RegoArray.Own([.. pieces]);
            }

            start = end + by.Length;
        }
    }

    private static RegoValue? Replace(BuiltinContext context, RegoValue[] a)
    {
        Sought(context, a[0], a[1]);
        var (text, old, by) = (Text(a[0]), Text(a[1]), Text(a[2]));
        context.CheckLength(text.Length + ((long)by.Length * (old.Length == 0 ? text.Length + 1 : text.Length / old.Length)));
        if (old.Length > 0)
        {
            return RegoString.Create(text.Replace(old, by, StringComparison.Ordinal));
        }

        // Nothing is found before each character and at the end.
        var spread = new StringBuilder(by);
        foreach (var rune in text.EnumerateRunes())
        {
            spread.Append(rune.ToString()).Append(by);
        }

        return context.Text(spread.ToString());
    }

    private static RegoValue? Substring(BuiltinContext context, RegoValue[] a)
    {
        var text = (RegoString)a[0];
        if (a[1] is not RegoNumber { IsSmall: true } start || a[2] is not RegoNumber { IsSmall: true } length)
        {
            return context.TypeError("substring: operands 2 and 3 must be integer numbers");
        }

        if (start.Small < 0)
        {
            return context.Error("substring: negative offset");
        }

        if (start.Small >= text.Length)
        {
            return RegoString.Empty;
        }

        var end = length.Small < 0 || length.Small > text.Length - start.Small ? text.Length : start.Small + length.Small;
        return RegoString.Create(text.Value[Offset(text, (int)start.Small)..Offset(text, (int)end)]);
    }

    // The UTF-16 offset of a character.
    public static int Offset(RegoString text, int character)
    {
        if (text.IsSimple)
        {
            return character;
        }

        var offset = 0;
        for (; character > 0 && offset < text.Value.Length; character--)
        {
            offset += char.IsHighSurrogate(text.Value[offset]) ? 2 : 1;
        }

        return offset;
    }

    // The character at a UTF-16 offset.
    public static int Character(RegoString text, int offset) => text.IsSimple ? offset : offset - text.Value.AsSpan(0, offset)
        .Count((char c) => char.IsLowSurrogate(c));

    private static int Count(this ReadOnlySpan<char> text, Func<char, bool> predicate)
    {
        var count = 0;
        foreach (var c in text)
        {
            count += predicate(c) ? 1 : 0;
        }

        return count;
    }

    private static RegoValue? IndexOf(BuiltinContext context, RegoValue a, RegoValue b)
    {
        if (Text(b).Length == 0)
        {
            return context.Error("indexof: empty search character");
        }

        Sought(context, a, b);
        var at = Text(a).IndexOf(Text(b), StringComparison.Ordinal);
        return RegoNumber.Create(at < 0 ? -1 : Character((RegoString)a, at));
    }

    private static RegoValue? IndexOfN(BuiltinContext context, RegoValue a, RegoValue b)
    {
        Sought(context, a, b);
        var (text, what) = (Text(a), Text(b));
        if (what.Length == 0)
        {
            return context.Error("indexof_n: empty search character");
        }

        var found = new List<RegoValue>();
        for (var at = text.IndexOf(what, StringComparison.Ordinal); at >= 0; at = text.IndexOf(what, at + 1, StringComparison.Ordinal))
        {
            found.Add(RegoNumber.Create(Character((RegoString)a, at)));
            context.CheckCount(found.Count);
            context.Step();
        }

        return RegoArray.Own([.. found]);
    }

    private static string Trim(string text, string cut, bool left, bool right)
    {
        var runes = cut.EnumerateRunes().ToHashSet();
        var (start, end) = (0, text.Length);
        while (left && start < end && Rune.GetRuneAt(text, start) is var rune && runes.Contains(rune))
        {
            start += rune.Utf16SequenceLength;
        }

        while (right && end > start)
        {
            Rune.DecodeLastFromUtf16(text.AsSpan(0, end), out var last, out var units);
            if (!runes.Contains(last))
            {
                break;
            }

            end -= units;
        }

        return text[start..end];
    }

    private static RegoString Reverse(string text)
    {
        var reversed = new StringBuilder(text.Length);
        for (var end = text.Length; end > 0;)
        {
            Rune.DecodeLastFromUtf16(text.AsSpan(0, end), out var rune, out var units);
            reversed.Append(rune.ToString());
            end -= units;
        }

        return RegoString.Create(reversed.ToString());
    }

    private static int CountOf(string text, string what, int characters)
    {
        if (what.Length == 0)
        {
            return characters + 1;
        }

        var count = 0;
        for (var at = text.IndexOf(what, StringComparison.Ordinal); at >= 0;
            at = text.IndexOf(what, at + what.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    // All patterns at once, from left to right; of several at one place the first in key order counts.
    private static RegoValue? ReplaceN(BuiltinContext context, RegoValue patterns, RegoValue subject)
    {
        var map = (RegoObject)patterns;
        foreach (var (key, value) in map)
        {
            if (key is not RegoString || value is not RegoString)
            {
                return context.TypeError("strings.replace_n: operand 1 must be object of strings");
            }
        }

        // As Go's replacer: keys in their order at each place, and an empty one at every place, once.
        var (text, replaced, wasEmpty) = (Text(subject), new StringBuilder(), false);
        for (var at = 0; at <= text.Length;)
        {
            context.Step(map.Count);
            var found = -1;
            for (var i = 0; i < map.Count && found < 0; i++)
            {
                var old = Text(map.Keys[i]);
                found = (old.Length > 0 || !wasEmpty) && text.AsSpan(at).StartsWith(old, StringComparison.Ordinal) ? i : -1;
            }

            wasEmpty = found >= 0 && Text(map.Keys[found]).Length == 0;
            if (found >= 0)
            {
                replaced.Append(Text(map.Values[found]));
                at += Text(map.Keys[found]).Length;
            }
            else
            {
                // Nothing is put between the halves of a character.
                var length = at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
                replaced.Append(text.AsSpan(at, Math.Min(length, text.Length - at)));
                at += length;
            }

            context.CheckLength(replaced.Length);
        }

        return context.Text(replaced.ToString());
    }

    private static RegoValue? AnyMatch(BuiltinContext context, string name, RegoValue search, RegoValue bases, bool prefix)
    {
        if (Texts(context, name, 1, search) is not { } texts || Texts(context, name, 2, bases) is not { } parts)
        {
            return null;
        }

        foreach (var text in texts)
        {
            context.Step(parts.Count);
            if (parts.Any(part => prefix ? text.StartsWith(part, StringComparison.Ordinal) : text.EndsWith(part, StringComparison.Ordinal)))
            {
                return RegoValue.True;
            }
        }

        return RegoValue.False;
    }

    public static List<string>? Texts(BuiltinContext context, string name, int operand, RegoValue value)
    {
        if (value is RegoString single)
        {
            return [single.Value];
        }

        var texts = new List<string>();
        foreach (var item in AggregateBuiltins.Items(value))
        {
            if (item is not RegoString text)
            {
                context.TypeError(string.Create(CultureInfo.InvariantCulture,
                    $"{name}: operand {operand} must be {value.TypeName} of strings but got {value.TypeName} containing {item.TypeName}"));
                return null;
            }

            texts.Add(text.Value);
        }

        return texts;
    }
}
