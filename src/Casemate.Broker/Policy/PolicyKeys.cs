using System.Collections.Immutable;
using System.Globalization;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Primitives.Text;

namespace Casemate.Broker;

/// <summary>The kinds of value that policy keys have.</summary>
internal static class PolicyKeys
{
    private const int MaxTextLength = 256;

    public static PolicyKey<T> Flag<T>(string name, string meaning, Func<T, bool> get, Func<T, bool, T> set, T defaults) => Make(
        name, "true or false", meaning, (node, t) => set(t, node.AsFlag()), t => PolicyText.Of(get(t) ? "true" : "false"), defaults);

    public static PolicyKey<T> OptionalFlag<T>(string name, string meaning, Func<T, bool?> get, Func<T, bool?, T> set, T defaults) => Make(
        name, "true, false or null", meaning, (node, t) => set(t, node.IsNull ? null : node.AsFlag()),
        t => PolicyText.Of(get(t) switch { true => "true", false => "false", null => "null" }), defaults);

    public static PolicyKey<T> Number<T>(
        string name, ulong maximum, string meaning, Func<T, ulong> get, Func<T, ulong, T> set, T defaults) => Make(
        name, $"0 to {maximum}", meaning, (node, t) => set(t, node.AsNumber(maximum)), t => PolicyText.Number(get(t)), defaults);

    public static PolicyKey<T> OptionalNumber<T>(
        string name, ulong maximum, string meaning, Func<T, ulong?> get, Func<T, ulong?, T> set, T defaults) => Make(
        name, $"0 to {maximum}, or null", meaning, (node, t) => set(t, node.IsNull ? null : node.AsNumber(maximum)),
        t => PolicyText.Number(get(t)), defaults);

    public static PolicyKey<T> Bits<T>(string name, string meaning, Func<T, ulong> get, Func<T, ulong, T> set, T defaults) => Make(
        name, "64-bit mask such as 0x100000", meaning, (node, t) => set(t, node.AsNumber(ulong.MaxValue)),
        t => PolicyText.Of(get(t) == 0 ? "0" : $"0x{get(t):x}"), defaults);

    public static PolicyKey<T> Hex<T>(
        string name, int size, string meaning, Func<T, byte[]?> get, Func<T, byte[]?, T> set, T defaults) => Make(
        name, $"{size} bytes in hex, or null", meaning, (node, t) => set(t, node.IsNull ? null : node.AsHex(size)),
        t => PolicyText.Hex(get(t)), defaults);

    public static PolicyKey<T> HexList<T>(
        string name, int size, string meaning, Func<T, ImmutableArray<byte[]>> get, Func<T, ImmutableArray<byte[]>, T> set,
        T defaults) => Make(
        name, $"list of {size} bytes in hex", meaning,
        (node, t) => set(t, [.. node.AsList().Select(i => i.AsHex(size))]),
        t => PolicyText.Of(get(t).Select(Convert.ToHexStringLower)), defaults);

    public static PolicyKey<T> Masked<T>(
        string name, int size, string meaning, Func<T, MaskedValue?> get, Func<T, MaskedValue?, T> set, T defaults) => Make(
        name, $"{{ value, mask }}, {size} bytes in hex each, or null", meaning,
        (node, t) => set(t, node.IsNull ? null : ReadMasked(node, size)),
        t => PolicyText.Of(get(t) is { } m
            ? $"{{ value: {Convert.ToHexStringLower(m.Value)}, mask: {Convert.ToHexStringLower(m.Mask)} }}"
            : "null"),
        defaults);

    public static PolicyKey<T> EnumList<T, TEnum>(
        string name, string meaning, ImmutableArray<TEnum> allowed, string? whyNotOthers, Func<T, ImmutableArray<TEnum>> get,
        Func<T, ImmutableArray<TEnum>, T> set, T defaults)
        where TEnum : struct, Enum => Make(
        name, $"list of {string.Join(", ", allowed)}", meaning,
        (node, t) => set(t, [.. node.AsList().Select(i => ReadEnum(i, allowed, whyNotOthers))]),
        t => PolicyText.Of(get(t).Select(v => v.ToString())), defaults);

    public static PolicyKey<T> TextList<T>(
        string name, string type, string meaning, Func<PolicyNode, string> read, Func<T, ImmutableArray<string>?> get,
        Func<T, ImmutableArray<string>?, T> set, T defaults, bool nullable = false) => Make(
        name, nullable ? $"{type}, or null" : type, meaning,
        (node, t) => set(t, nullable && node.IsNull ? null : [.. node.AsList().Select(read)]),
        t => get(t) is { } list ? PolicyText.Of(list.Select(Quote)) : PolicyText.Of("null"), defaults);

    public static PolicyKey<T> Duration<T>(
        string name, string meaning, Func<T, TimeSpan> get, Func<T, TimeSpan, T> set, T defaults) => Make(
        name, "0 or a number with s, m, h or d, up to 3650d", meaning, (node, t) => set(t, ReadDuration(node)),
        t => PolicyText.Of(Format(get(t))), defaults);

    public static PolicyKey<T> Instant<T>(
        string name, string meaning, Func<T, DateTimeOffset?> get, Func<T, DateTimeOffset?, T> set, T defaults) => Make(
        name, "instant such as 2025-08-13T00:00:00Z, or null", meaning, (node, t) => set(t, node.IsNull ? null : ReadInstant(node)),
        t => PolicyText.Of(get(t)?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "null"), defaults);

    public static PolicyKey<T> Tcb<T>(string name, string meaning, Func<T, SnpTcb?> get, Func<T, SnpTcb?, T> set, T defaults) => Make(
        name, "{ fmc, bootLoader, tee, snp, microcode }, 0 to 255 each, or null", meaning,
        (node, t) => set(t, node.IsNull ? null : ReadTcb(node)),
        t => PolicyText.Of(get(t) is { } v
            ? $"{{ {(v.Fmc is { } fmc ? $"fmc: {fmc}, " : "")}bootLoader: {v.BootLoader}, tee: {v.Tee}, snp: {v.Snp}, "
            + $"microcode: {v.Microcode} }}"
            : "null"),
        defaults);

    public static PolicyKey<T> Section<T, TInner>(string name, PolicySection<TInner> section, Func<T, TInner> get, Func<T, TInner, T> set)
        where TInner : notnull => new(
        name, "section", "", "", (node, t) => set(t, section.Read(node)), t => PolicyText.OfSection(section.Write(get(t))))
        {
            Inner = [.. section.Describe(name + ".")],
        };

    /// <summary>A section whose presence alone means something: null, or left out, is another value than an empty mapping.</summary>
    public static PolicyKey<T> OptionalSection<T, TInner>(
        string name, PolicySection<TInner> section, Func<T, TInner?> get, Func<T, TInner?, T> set)
        where TInner : class => new(
        name, "section", "", "", (node, t) => set(t, node.IsNull ? null : section.Read(node)),
        t => get(t) is not { } value ? PolicyText.OfSection("")
            : section.Write(value) is { Length: > 0 } lines ? PolicyText.OfSection(lines) : PolicyText.Of("{}"))
        {
            Inner = [.. section.Describe(name + ".")],
        };

    public static PolicyKey<T> Make<T>(
        string name, string type, string meaning, Func<PolicyNode, T, T> read, Func<T, PolicyText> write, T defaults) =>
        new(name, type, write(defaults).ToTableText(), meaning, read, write);

    /// <summary>Text that YAML gives back unchanged.</summary>
    public static string Quote(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
            ? text
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Text of 1 to 256 printable characters.</summary>
    public static string ReadFreeText(PolicyNode node)
    {
        var text = node.AsText("text");
        return text.Length is >= 1 and <= MaxTextLength && !text.Any(char.IsControl)
            ? text
            : throw node.Error($"expected 1 to {MaxTextLength} printable characters");
    }

    private static MaskedValue ReadMasked(PolicyNode node, int size)
    {
        var masked = new PolicySection<MaskedValue>(new MaskedValue([], []),
        [
            Make<MaskedValue>("value", "", "", (n, m) => m with { Value = n.AsHex(size) }, _ => PolicyText.Of(""), new([], [])),
            Make<MaskedValue>("mask", "", "", (n, m) => m with { Mask = n.AsHex(size) }, _ => PolicyText.Of(""), new([], [])),
        ]).Read(node);
        if (masked.Value.Length == 0 || masked.Mask.Length == 0)
        {
            throw node.Error("value and mask are both needed");
        }

        for (var i = 0; i < size; i++)
        {
            if ((masked.Value[i] & ~masked.Mask[i]) != 0)
            {
                throw node.Error($"value has a bit in byte {i} that mask does not compare, so nothing could ever match");
            }
        }

        return masked;
    }

    private static SnpTcb ReadTcb(PolicyNode node)
    {
        PolicyKey<SnpTcb> Part(string name, Func<SnpTcb, byte, SnpTcb> set) =>
            Make(name, "", "", (n, t) => set(t, (byte)n.AsNumber(255)), _ => PolicyText.Of(""), default(SnpTcb));
        return new PolicySection<SnpTcb>(default,
        [
            Part("fmc", (t, v) => t with { Fmc = v }),
            Part("bootLoader", (t, v) => t with { BootLoader = v }),
            Part("tee", (t, v) => t with { Tee = v }),
            Part("snp", (t, v) => t with { Snp = v }),
            Part("microcode", (t, v) => t with { Microcode = v }),
        ]).Read(node);
    }

    private static TEnum ReadEnum<TEnum>(PolicyNode node, ImmutableArray<TEnum> allowed, string? whyNotOthers)
        where TEnum : struct, Enum
    {
        var text = node.AsText($"one of {string.Join(", ", allowed)}");
        foreach (var value in allowed)
        {
            if (value.ToString() == text)
            {
                return value;
            }
        }

        if (whyNotOthers is not null && Enum.GetNames<TEnum>().Contains(text))
        {
            throw node.Error($"{text} {whyNotOthers}");
        }

        var nearest = NearestName.Find(text, allowed.Select(v => v.ToString()));
        throw node.Error(nearest is null
            ? $"expected one of {string.Join(", ", allowed)}, found {node.Describe()}"
            : $"unknown value {node.Describe()}; did you mean '{nearest}'?");
    }

    private static TimeSpan ReadDuration(PolicyNode node)
    {
        var text = node.AsText("a duration such as 36h");
        if (text is "0")
        {
            return TimeSpan.Zero;
        }

        if (text.Length is > 1 and <= 10
            && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && text[^1] is 's' or 'm' or 'h' or 'd')
        {
            var seconds = count * text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 86400 };
            if (seconds <= 3650L * 86400)
            {
                return TimeSpan.FromSeconds(seconds);
            }
        }

        throw node.Error($"expected 0 or a number with s, m, h or d, up to 3650d, such as 36h; found {node.Describe()}");
    }

    private static string Format(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        return seconds <= 0 ? "0"
            : seconds % 86400 == 0 ? $"{seconds / 86400}d"
            : seconds % 3600 == 0 ? $"{seconds / 3600}h"
            : seconds % 60 == 0 ? $"{seconds / 60}m"
            : $"{seconds}s";
    }

    private static DateTimeOffset ReadInstant(PolicyNode node)
    {
        var text = node.AsText("an instant such as 2025-08-13T00:00:00Z");
        return DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd"], CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? instant
            : throw node.Error(
                $"expected an instant in UTC such as 2025-08-13T00:00:00Z, or a date such as 2025-08-13; found {node.Describe()}");
    }
}
