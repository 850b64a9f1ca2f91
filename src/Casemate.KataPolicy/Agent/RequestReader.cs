using System.Text.Json;
using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>Fills requests in as protobuf does: repeated fields empty, texts empty, numbers zero, messages null.</summary>
internal static class RequestReader
{
    // S_IFMT and what it selects; stat(2).
    private const long TypeMask = 0xF000;

    internal static RegoObject Read(string kind, JsonElement json)
    {
        var request = RequestSchema.Fields(kind) is { } fields ? Message(kind, fields, json, kind) : AsIs(kind, json);
        return kind == "CopyFileRequest" ? Projected(request) : request;
    }

    private static RegoObject AsIs(string kind, JsonElement json) =>
        json.ValueKind is JsonValueKind.Object ? (RegoObject)RegoValue.From(json) : throw new PolicyDataException($"{kind} must be an object");

    private static RegoObject Message(string message, RequestField[] fields, JsonElement json, string path)
    {
        if (json.ValueKind is not JsonValueKind.Object)
        {
            throw new PolicyDataException($"{path} must be an object");
        }

        foreach (var member in json.EnumerateObject())
        {
            // Recordings of upstream's tests name the kind once more in the request.
            if (!fields.Any(field => field.Name == member.Name) && !(member.Name == "type" && path == message))
            {
                throw new PolicyDataException($"{path}.{member.Name} is not a field of {message}");
            }
        }

        return RegoObject.Create(fields.Select(field => KeyValuePair.Create<RegoValue, RegoValue>(
            RegoValue.From(field.Name),
            json.TryGetProperty(field.Name, out var value) ? Value(field, value, $"{path}.{field.Name}") : Default(field))));
    }

    private static RegoValue Default(RequestField field) => field switch
    {
        { IsRepeated: true } => RegoArray.Create([]),
        { Type: "string" } => RegoValue.From(""),
        { Type: "number" } => RegoValue.From(0),
        { Type: "bool" } => RegoValue.False,
        { Type: "map" } => RegoObject.Create([]),
        _ => RegoValue.Null,
    };

    private static RegoValue Value(RequestField field, JsonElement value, string path)
    {
        if (!field.IsRepeated)
        {
            return One(field.Type, value, path);
        }

        if (value.ValueKind is not JsonValueKind.Array)
        {
            throw new PolicyDataException($"{path} must be an array");
        }

        return RegoArray.Create(value.EnumerateArray().Select((item, i) => One(field.Type, item, $"{path}[{i}]")).ToArray());
    }

    private static RegoValue One(string type, JsonElement value, string path)
    {
        switch (type)
        {
            case "any":
                return RegoValue.From(value);
            case "string" when value.ValueKind is JsonValueKind.String:
            case "number" when value.ValueKind is JsonValueKind.Number:
            case "bool" when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                return RegoValue.From(value);
            case "map" when value.ValueKind is JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    _ = One("string", member.Value, $"{path}['{member.Name}']");
                }

                return RegoValue.From(value);
            case "string" or "number" or "bool" or "map":
                throw new PolicyDataException($"{path} must be {(type == "bool" ? "true or false" : $"a {type}")}");
            default:
                return value.ValueKind is JsonValueKind.Null ? RegoValue.Null : Message(type, RequestSchema.Fields(type)!, value, path);
        }
    }

    // The agent shows what a file is and hides its content.
    private static RegoObject Projected(RegoObject request)
    {
        var mode = request["file_mode"] is RegoNumber number && number.TryGetInt64(out var bits) ? bits & TypeMask : 0;
        return RegoObject.Create(request.Select(pair => pair.Key is RegoString { Value: "file_type" }
            && pair.Value is RegoString { Value: "" }
            ? KeyValuePair.Create(pair.Key, (RegoValue)RegoValue.From(mode switch
            {
                0x8000 => "Regular",
                0x4000 => "Directory",
                0xA000 => "Symlink",
                _ => "Unknown",
            }))
            : pair));
    }
}
