using System.Text;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Testing.Kubernetes;

/// <summary>
/// A schema as the document by which kubectl validates before it sends: OpenAPI 2 in protobuf, the only form that it asks for. Source of
/// the field numbers: gnostic, <c>openapiv2/OpenAPIv2.proto</c>.
/// </summary>
internal static class OpenApiDocument
{
    public const string ContentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    /// <summary>The document: the schema's types, and which of them are the kinds.</summary>
    public static byte[] Of(KubeSchema schema)
    {
        var kinds = KubeResource.Known.ToDictionary(known => KubeSchema.TypeOf(known.ApiVersion, known.Kind), StringComparer.Ordinal);
        return
        [
            .. Text(1, "2.0"),
            .. Message(2, Text(1, "Kubernetes"), Text(2, schema.Version)),
            .. Message(9, [.. schema.Types.Select(type => Named(
                1, type.Key, [.. Schema(type.Value), .. kinds.TryGetValue(type.Key, out var kind) ? IsKind(kind) : []]))]),
        ];
    }

    private static byte[] Schema(JsonElement type)
    {
        if (type.ValueKind is JsonValueKind.String)
        {
            return type.GetString()! switch
            {
                "any" => [],
                "string" or "quantity" => Type("string"),
                "integer or string" => [.. Text(2, "int-or-string"), .. Type("string")],
                "boolean" or "integer" => Type(type.GetString()!),
                var name => Text(1, $"#/definitions/{name}"),
            };
        }

        if (type.TryGetProperty("list", out var item))
        {
            return [.. Type("array"), .. Message(23, Message(1, Schema(item)))];
        }

        if (type.TryGetProperty("map", out item))
        {
            return [.. Type("object"), .. Message(21, Message(1, Schema(item)))];
        }

        if (!type.TryGetProperty("fields", out var fields))
        {
            return Type("string");                                          // one of several words
        }

        var required = type.TryGetProperty("required", out var some) ? some.EnumerateArray().Select(name => name.GetString()!) : [];
        return
        [
            .. Type("object"),
            .. required.SelectMany(name => Text(19, name)),
            .. Message(25, [.. fields.EnumerateObject().Select(field => Named(1, field.Name, Schema(field.Value)))]),
        ];
    }

    private static byte[] IsKind(KubeResource kind) => Message(
        31, Text(1, "x-kubernetes-group-version-kind"),
        Message(2, Text(2, $"[{{group: \"{kind.Group}\", version: \"{kind.Version}\", kind: \"{kind.Kind}\"}}]")));

    private static byte[] Type(string name) => Message(22, Text(1, name));

    private static byte[] Named(int field, string name, byte[] schema) => Message(field, Text(1, name), Message(2, schema));

    private static byte[] Text(int field, string text) => Message(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int field, params byte[][] parts)
    {
        const int lengthDelimited = 2;
        return [.. Varint((field << 3) | lengthDelimited), .. Varint(parts.Sum(part => part.Length)), .. parts.SelectMany(part => part)];
    }

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value > 0x7f; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
