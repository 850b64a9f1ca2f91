using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Casemate.Simulator.Tests;

/// <summary>The shape of a document without its values: two documents of one kind have the same skeleton.</summary>
internal static class Skeleton
{
    private const string Comment = "2.16.840.1.113730.1.13";

    /// <summary>
    /// Tags of a DER value, nested, with object identifiers and Booleans in clear. OCTET STRINGs that hold DER are opened when they are
    /// the value of an extension with a structure of its own. Comment extensions, the simulator's mark, are left out.
    /// </summary>
    public static string OfDer(ReadOnlyMemory<byte> der)
    {
        var text = new StringBuilder();
        Append(text, new AsnReader(der, AsnEncodingRules.BER), 0);
        return text.ToString();
    }

    /// <summary>Member names and kinds of a JSON document in their order; of an array of objects, each distinct shape once.</summary>
    public static string OfJson(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return Shape(document.RootElement);
    }

    private static void Append(StringBuilder text, AsnReader reader, int depth)
    {
        while (reader.HasData)
        {
            var tag = reader.PeekTag();
            var encoded = reader.ReadEncodedValue();
            if (tag.IsConstructed)
            {
                var content = Content(encoded, tag);
                if (content.Length > 0 && IsComment(content))
                {
                    continue;
                }

                text.Append(' ', depth).Append(tag).Append('\n');
                Append(text, new AsnReader(content, AsnEncodingRules.BER), depth + 1);
                continue;
            }

            text.Append(' ', depth).Append(tag).Append(Value(tag, encoded)).Append('\n');
            if (tag == Asn1Tag.PrimitiveOctetString)
            {
                AppendInner(text, AsnDecoder.ReadOctetString(encoded.Span, AsnEncodingRules.BER, out _), depth + 1);
            }
        }
    }

    // The content of an OCTET STRING, when it is exactly one SEQUENCE: extension values. Identifiers of 20 random bytes never are.
    private static void AppendInner(StringBuilder text, byte[] content, int depth)
    {
        if (content.Length > 1 && content[0] == 0x30
            && AsnDecoder.TryReadEncodedValue(content, AsnEncodingRules.DER, out _, out _, out _, out var consumed)
            && consumed == content.Length)
        {
            Append(text, new AsnReader(content, AsnEncodingRules.BER), depth);
        }
    }

    private static ReadOnlyMemory<byte> Content(ReadOnlyMemory<byte> encoded, Asn1Tag tag)
    {
        AsnDecoder.ReadEncodedValue(encoded.Span, AsnEncodingRules.BER, out var offset, out var length, out _);
        return encoded.Slice(offset, length);
    }

    private static bool IsComment(ReadOnlyMemory<byte> content)
    {
        var inner = new AsnReader(content, AsnEncodingRules.BER);
        return inner.PeekTag() == Asn1Tag.ObjectIdentifier && inner.ReadObjectIdentifier() == Comment;
    }

    private static string Value(Asn1Tag tag, ReadOnlyMemory<byte> encoded) =>
        tag == Asn1Tag.ObjectIdentifier ? " " + AsnDecoder.ReadObjectIdentifier(encoded.Span, AsnEncodingRules.BER, out _)
        : tag == Asn1Tag.Boolean ? " " + AsnDecoder.ReadBoolean(encoded.Span, AsnEncodingRules.BER, out _)
        : "";

    private static string Shape(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(",", element.EnumerateObject().Select(m => $"{m.Name}:{Shape(m.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join("|", element.EnumerateArray().Select(Shape).Distinct()) + "]",
        var kind => kind.ToString(),
    };

    /// <summary>PEM blocks of a text, as DER.</summary>
    public static List<byte[]> Certificates(string text)
    {
        var found = new List<byte[]>();
        while (PemEncoding.TryFind(text, out var fields))
        {
            found.Add(Convert.FromBase64String(text[fields.Base64Data]));
            text = text[fields.Location.End..];
        }

        return found;
    }
}
