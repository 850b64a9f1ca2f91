using System.Buffers.Text;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>Base64, hexadecimal and query strings.</summary>
internal static class EncodingBuiltins
{
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: false);

    public static void Register(BuiltinTable table)
    {
        table.Add("base64.encode", "s", (c, a) => c.Text(Convert.ToBase64String(Bytes(a))));
        table.Add("base64.decode", "s", (c, a) => Decode(c, "base64.decode", a, url: false));
        table.Add("base64.is_valid", "*", (_, a) => RegoValue.From(a is RegoString && FromBase64(a, url: false) is not null));
        table.Add("base64url.encode", "s", (c, a) => c.Text(Padded(Base64Url.EncodeToString(Bytes(a)))));
        table.Add("base64url.encode_no_pad", "s", (c, a) => c.Text(Base64Url.EncodeToString(Bytes(a))));
        table.Add("base64url.decode", "s", (c, a) => Decode(c, "base64url.decode", a, url: true));
        table.Add("hex.encode", "s", (c, a) => c.Text(Convert.ToHexStringLower(Bytes(a))));
        table.Add("hex.decode", "s", HexDecode);
        table.Add("urlquery.encode", "s", (c, a) => c.Text(Escape(((RegoString)a).Value)));
        table.Add("urlquery.decode", "s", (c, a) => Unescape(((RegoString)a).Value) is { } text ? RegoString.Create(text)
            : c.Error("urlquery.decode: invalid URL escape"));
        table.Add("urlquery.encode_object", "o", EncodeObject);
        table.Add("urlquery.decode_object", "s", DecodeObject);
    }

    public static byte[] Bytes(RegoValue text) => Encoding.UTF8.GetBytes(((RegoString)text).Value);

    private static string Padded(string text) => text.PadRight((text.Length + 3) / 4 * 4, '=');

    public static byte[]? FromBase64(RegoValue value, bool url)
    {
        var text = ((RegoString)value).Value;
        text = url ? text.TrimEnd('=').Replace('-', '+').Replace('_', '/') : text.Replace("\n", "", StringComparison.Ordinal)
            .Replace("\r", "", StringComparison.Ordinal);
        var buffer = new byte[(text.Length / 4 * 3) + 3];
        return !text.Any(char.IsWhiteSpace) && Convert.TryFromBase64String(url ? Padded(text) : text, buffer, out var written)
            ? buffer[..written] : null;
    }

    private static RegoValue? Decode(BuiltinContext context, string name, RegoValue text, bool url) =>
        FromBase64(text, url) is { } bytes ? context.Text(s_utf8.GetString(bytes)) : context.Error($"{name}: illegal base64 data");

    private static RegoValue? HexDecode(BuiltinContext context, RegoValue value)
    {
        var text = ((RegoString)value).Value;
        return text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit)
            ? context.Text(s_utf8.GetString(Convert.FromHexString(text)))
            : context.Error("hex.decode: encoding/hex: " + WhyNotHex(((RegoString)value).Value));
    }

    private static string WhyNotHex(string text) => text.FirstOrDefault(c => !char.IsAsciiHexDigit(c)) is var c && c != '\0'
        ? $"invalid byte: U+{(int)c:X4} '{c}'" : "odd length hex string";

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            var c = (char)b;
            _ = b == ' ' ? escaped.Append('+')
                : char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~' ? escaped.Append(c)
                : escaped.Append('%').Append(Convert.ToHexString([b]));
        }

        return escaped.ToString();
    }

    private static string? Unescape(string text)
    {
        var bytes = new List<byte>(text.Length);
        var source = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] != '%')
            {
                bytes.Add(source[i] == '+' ? (byte)' ' : source[i]);
                continue;
            }

            if (i + 2 >= source.Length || !char.IsAsciiHexDigit((char)source[i + 1]) || !char.IsAsciiHexDigit((char)source[i + 2]))
            {
                return null;
            }

            bytes.Add(Convert.ToByte(Encoding.ASCII.GetString(source, i + 1, 2), 16));
            i += 2;
        }

        return s_utf8.GetString([.. bytes]);
    }

    private static RegoValue? EncodeObject(BuiltinContext context, RegoValue value)
    {
        var parts = new List<string>();
        foreach (var (key, item) in (RegoObject)value)
        {
            if (key is not RegoString || item is not (RegoString or RegoArray or RegoSet)
                || (item is not RegoString && AggregateBuiltins.Items(item).ToArray().Any(each => each is not RegoString)))
            {
                return context.TypeError("urlquery.encode_object: operand 1 must be object of strings, or of arrays or sets of strings");
            }

            var name = Escape(((RegoString)key).Value);
            parts.AddRange((item is RegoString ? [item] : AggregateBuiltins.Items(item).ToArray())
                .Select(each => $"{name}={Escape(((RegoString)each).Value)}"));
        }

        return context.Text(string.Join('&', parts));
    }

    private static RegoValue? DecodeObject(BuiltinContext context, RegoValue value)
    {
        var found = new Dictionary<RegoValue, List<RegoValue>>();
        foreach (var part in ((RegoString)value).Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (Unescape(equals < 0 ? part : part[..equals]) is not { } key
                || Unescape(equals < 0 ? "" : part[(equals + 1)..]) is not { } text)
            {
                return context.Error("urlquery.decode_object: invalid URL escape");
            }

            if (!found.TryGetValue(RegoString.Create(key), out var values))
            {
                found.Add(RegoString.Create(key), values = []);
            }

            values.Add(RegoString.Create(text));
        }

        return RegoObject.Create(found.ToDictionary(member => member.Key, member => (RegoValue)RegoArray.Own([.. member.Value])));
    }
}
