using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Casemate.Rego.Patterns;

/// <summary>A set of characters: sorted ranges, with a bitmap for ASCII.</summary>
internal sealed class CharSet
{
    public const int MaximumCharacter = 0x10FFFF;

    private readonly int[] _bounds;
    private readonly ulong _low;
    private readonly ulong _high;

    private CharSet(int[] bounds)
    {
        _bounds = bounds;
        for (var i = 0; i < bounds.Length && bounds[i] < 128; i += 2)
        {
            var (first, last) = (bounds[i], Math.Min(bounds[i + 1], 127));
            _low |= Bits(first, Math.Min(last, 63));
            _high |= Bits(Math.Max(first, 64) - 64, last - 64);
        }
    }

    private static ulong Bits(int first, int last) => first > last ? 0 : (ulong.MaxValue >> (63 - (last - first))) << first;

    public static CharSet All { get; } = new([0, MaximumCharacter]);

    public static CharSet AllButNewLine { get; } = new([0, '\n' - 1, '\n' + 1, MaximumCharacter]);

    /// <summary>The one character of the set, or -1.</summary>
    public int Single => _bounds.Length == 2 && _bounds[0] == _bounds[1] ? _bounds[0] : -1;

    public static CharSet From(List<(int First, int Last)> ranges, bool negated, bool foldCase)
    {
        var all = foldCase ? Folded(ranges) : ranges;
        var bounds = new List<int>();
        (int First, int Last)[] sorted = [.. all];
        Array.Sort(sorted, static (a, b) => a.First.CompareTo(b.First));
        foreach (var (first, last) in sorted)
        {
            if (bounds.Count > 0 && first <= bounds[^1] + 1)
            {
                bounds[^1] = Math.Max(bounds[^1], last);
            }
            else
            {
                bounds.Add(first);
                bounds.Add(last);
            }
        }

        return new CharSet(negated ? Complement(bounds) : [.. bounds]);
    }

    public bool Contains(int c) => c < 64 ? (_low >> c & 1) != 0 : c < 128 ? (_high >> (c - 64) & 1) != 0 : Search(c);

    public static List<(int First, int Last)> Inverse(List<(int First, int Last)> ranges)
    {
        var bounds = From(ranges, negated: true, foldCase: false)._bounds;
        return [.. Enumerable.Range(0, bounds.Length / 2).Select(i => (bounds[2 * i], bounds[(2 * i) + 1]))];
    }

    private static int[] Complement(List<int> bounds)
    {
        var inverse = new List<int>();
        var next = 0;
        for (var i = 0; i < bounds.Count; i += 2)
        {
            if (bounds[i] > next)
            {
                inverse.Add(next);
                inverse.Add(bounds[i] - 1);
            }

            next = bounds[i + 1] + 1;
        }

        if (next <= MaximumCharacter)
        {
            inverse.Add(next);
            inverse.Add(MaximumCharacter);
        }

        return [.. inverse];
    }

    private static List<(int First, int Last)> Folded(List<(int First, int Last)> ranges)
    {
        var folded = new List<(int First, int Last)>(ranges);
        foreach (var (first, last) in ranges)
        {
            // The basic plane holds every cased letter that is met in practice.
            for (var c = first; c <= Math.Min(last, 0xFFFF); c++)
            {
                if (char.IsSurrogate((char)c) || !Rune.IsLetter(new Rune(c)))
                {
                    continue;
                }

                var (lower, upper) = (char.ToLowerInvariant((char)c), char.ToUpperInvariant((char)c));
                if (lower != c)
                {
                    folded.Add((lower, lower));
                }

                if (upper != c)
                {
                    folded.Add((upper, upper));
                }
            }
        }

        return folded;
    }

    /// <summary>A class of Unicode by its short name, such as <c>L</c>, <c>Lu</c> or <c>Greek</c>; null when unknown.</summary>
    public static List<(int First, int Last)>? Category(string name)
    {
        (int First, int Last)[]? script = name switch
        {
            "Any" => [(0, MaximumCharacter)],
            "Latin" => [('A', 'Z'), ('a', 'z'), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2B8), (0x1E00, 0x1EFF)],
            "Greek" => [(0x370, 0x373), (0x375, 0x377), (0x37A, 0x37D), (0x37F, 0x37F), (0x384, 0x384), (0x386, 0x386), (0x388, 0x3E1),
                (0x3F0, 0x3FF), (0x1F00, 0x1FFE)],
            "Cyrillic" => [(0x400, 0x484), (0x487, 0x52F), (0x1C80, 0x1C88), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)],
            "Han" => [(0x2E80, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF),
                (0x4E00, 0x9FFF), (0xF900, 0xFAD9), (0x20000, 0x3134A)],
            "Hiragana" => [(0x3041, 0x3096), (0x309D, 0x309F)],
            "Katakana" => [(0x30A1, 0x30FA), (0x30FD, 0x30FF), (0x31F0, 0x31FF)],
            "Arabic" => [(0x600, 0x604), (0x606, 0x60B), (0x60D, 0x61A), (0x61C, 0x61E), (0x620, 0x63F), (0x641, 0x64A), (0x656, 0x66F),
                (0x671, 0x6DC), (0x6DE, 0x6FF)],
            "Hebrew" => [(0x591, 0x5C7), (0x5D0, 0x5EA), (0x5EF, 0x5F4)],
            _ => null,
        };
        if (script is not null)
        {
            return [.. script];
        }

        var wanted = s_categories.Where(category => category.Key.StartsWith(name, StringComparison.Ordinal) && name.Length is 1 or 2)
            .Select(category => category.Value).ToHashSet();
        if (wanted.Count == 0)
        {
            return null;
        }

        return s_known.GetOrAdd(name, _ => Ranges(wanted));
    }

    private static List<(int First, int Last)> Ranges(HashSet<UnicodeCategory> wanted)
    {
        var ranges = new List<(int First, int Last)>();
        for (var c = 0; c <= MaximumCharacter; c++)
        {
            if (wanted.Contains(CharUnicodeInfo.GetUnicodeCategory(c)))
            {
                if (ranges.Count > 0 && ranges[^1].Last == c - 1)
                {
                    ranges[^1] = (ranges[^1].First, c);
                }
                else
                {
                    ranges.Add((c, c));
                }
            }
        }

        return ranges;
    }

    // One entry for each name below and each first letter of one, at most.
    private static readonly ConcurrentDictionary<string, List<(int First, int Last)>> s_known = new(StringComparer.Ordinal);

    private static readonly Dictionary<string, UnicodeCategory> s_categories = new(StringComparer.Ordinal)
    {
        ["Lu"] = UnicodeCategory.UppercaseLetter,
        ["Ll"] = UnicodeCategory.LowercaseLetter,
        ["Lt"] = UnicodeCategory.TitlecaseLetter,
        ["Lm"] = UnicodeCategory.ModifierLetter,
        ["Lo"] = UnicodeCategory.OtherLetter,
        ["Mn"] = UnicodeCategory.NonSpacingMark,
        ["Mc"] = UnicodeCategory.SpacingCombiningMark,
        ["Me"] = UnicodeCategory.EnclosingMark,
        ["Nd"] = UnicodeCategory.DecimalDigitNumber,
        ["Nl"] = UnicodeCategory.LetterNumber,
        ["No"] = UnicodeCategory.OtherNumber,
        ["Pc"] = UnicodeCategory.ConnectorPunctuation,
        ["Pd"] = UnicodeCategory.DashPunctuation,
        ["Ps"] = UnicodeCategory.OpenPunctuation,
        ["Pe"] = UnicodeCategory.ClosePunctuation,
        ["Pi"] = UnicodeCategory.InitialQuotePunctuation,
        ["Pf"] = UnicodeCategory.FinalQuotePunctuation,
        ["Po"] = UnicodeCategory.OtherPunctuation,
        ["Sm"] = UnicodeCategory.MathSymbol,
        ["Sc"] = UnicodeCategory.CurrencySymbol,
        ["Sk"] = UnicodeCategory.ModifierSymbol,
        ["So"] = UnicodeCategory.OtherSymbol,
        ["Zs"] = UnicodeCategory.SpaceSeparator,
        ["Zl"] = UnicodeCategory.LineSeparator,
        ["Zp"] = UnicodeCategory.ParagraphSeparator,
        ["Cc"] = UnicodeCategory.Control,
        ["Cf"] = UnicodeCategory.Format,
        ["Cs"] = UnicodeCategory.Surrogate,
        ["Co"] = UnicodeCategory.PrivateUse,
    };

    private bool Search(int c)
    {
        var (low, high) = (0, (_bounds.Length / 2) - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (c < _bounds[2 * middle])
            {
                high = middle - 1;
            }
            else if (c > _bounds[(2 * middle) + 1])
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}
