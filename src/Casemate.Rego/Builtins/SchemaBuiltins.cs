using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>JSON Schema: whether a schema is one, and whether a document fits it.</summary>
internal static class SchemaBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("json.verify_schema", "so", (c, a) =>
            !TryRead(a, out var schema, out var error) || !JsonSchema.TryCheck(c, schema, out error)
                ? RegoArray.Own([RegoValue.False, RegoString.Create($"jsonschema: {error}")])
                : RegoArray.Own([RegoValue.True, RegoValue.Null]));
        table.Add("json.match_schema", "*", "so", Match);
    }

    private static RegoValue? Match(BuiltinContext context, RegoValue given, RegoValue givenSchema)
    {
        if (!TryRead(givenSchema, out var schema, out var error) || !JsonSchema.TryCheck(context, schema, out error)
            || !TryRead(given, out var document, out error))
        {
            return context.Error($"json.match_schema: {error}");
        }

        var match = new JsonSchemaMatch(context, schema);
        if (match.Run(document) is { } failure)
        {
            return context.Error($"json.match_schema: {failure}");
        }

        return RegoArray.Own([RegoValue.From(match.Errors.Count == 0), RegoArray.Own([.. match.Errors])]);
    }

    // Text is JSON text; everything else stands for the JSON that it would be written as.
    private static bool TryRead(RegoValue value, out RegoValue document, out string error)
    {
        var bytes = Encoding.UTF8.GetBytes(value is RegoString text ? text.Value : value.ToJson());
        var read = RegoValue.TryReadJson(bytes, out var found, out var problem);
        (document, error) = (found ?? RegoValue.Null, problem ?? "");
        return read;
    }
}
