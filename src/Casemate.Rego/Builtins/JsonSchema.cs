using Casemate.Rego.Patterns;

namespace Casemate.Rego.Builtins;

/// <summary>
/// Checks that a value is a JSON Schema of drafts 4, 6 or 7. References stay within the schema: one that leads elsewhere is an error,
/// nothing is fetched.
/// </summary>
internal static class JsonSchema
{
    private const int DeepestNesting = 128;
    private static readonly string[] s_types = ["array", "boolean", "integer", "number", "null", "object", "string"];

    /// <summary>Checks a schema.</summary>
    /// <param name="context">Counts steps.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="error">What is wrong; empty after success.</param>
    public static bool TryCheck(BuiltinContext context, RegoValue schema, out string error)
    {
        error = Check(context, schema, schema, 0) ?? "";
        return error.Length == 0;
    }

    /// <summary>Follows a reference within a schema; null when it leads nowhere.</summary>
    public static RegoValue? Resolve(RegoValue root, string reference)
    {
        if (!reference.StartsWith('#'))
        {
            return (root as RegoObject)?["$id"] is RegoString id && id.Value == reference ? root : null;
        }

        RegoValue? at = root;
        foreach (var part in reference.Length <= 1 ? [] : reference[1..].TrimStart('/').Split('/'))
        {
            var name = Uri.UnescapeDataString(part)
                .Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at switch
            {
                RegoObject members => members[name],
                RegoArray items when int.TryParse(name, System.Globalization.CultureInfo.InvariantCulture, out var index) && index >= 0
                    && index < items.Count => items[index],
                _ => null,
            };
        }

        return reference.Length > 1 && reference[1] != '/' ? Anchored(root, reference) : at;
    }

    private static RegoValue? Anchored(RegoValue root, string reference) =>
        (root as RegoObject)?["definitions"] is RegoObject definitions
            ? definitions.Select(member => member.Value)
                .FirstOrDefault(each => (each as RegoObject)?["$id"] is RegoString id && id.Value == reference)
            : null;

    private static string? Check(BuiltinContext context, RegoValue schema, RegoValue root, int depth)
    {
        context.Step();
        if (depth > DeepestNesting)
        {
            return $"the schema is nested deeper than {DeepestNesting} levels";
        }

        if (schema is RegoBoolean)
        {
            return null;
        }

        if (schema is not RegoObject members)
        {
            return $"Invalid type. Expected: valid schema, given: {schema.TypeName}";
        }

        foreach (var (key, value) in members)
        {
            if (key is RegoString { Value: var name } && Keyword(context, name, value, root, depth) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static string? Keyword(BuiltinContext context, string name, RegoValue value, RegoValue root, int depth)
    {
        switch (name)
        {
            case "$ref":
                return value is not RegoString reference ? "$ref must be of type string"
                    : Resolve(root, reference.Value) is null ? $"Reference {reference.Value} leads out of the schema, or nowhere" : null;
            case "type":
                return Type(value);
            case "properties" or "patternProperties" or "definitions" or "$defs":
                return value is not RegoObject members ? $"{name} must be of type object"
                    : members.Select(member => (name == "patternProperties" ? Pattern(name, member.Key) : null)
                        ?? Check(context, member.Value, root, depth + 1)).FirstOrDefault(error => error is not null);
            case "dependencies":
                return value is not RegoObject dependencies ? "dependencies must be of type object"
                    : dependencies.Select(member => member.Value is RegoArray names ? Strings(name, names)
                        : Check(context, member.Value, root, depth + 1)).FirstOrDefault(error => error is not null);
            case "items" when value is RegoArray items:
                return items.Select(item => Check(context, item, root, depth + 1)).FirstOrDefault(error => error is not null);
            case "items" or "additionalItems" or "additionalProperties" or "not" or "if" or "then" or "else" or "contains" or "propertyNames":
                return Check(context, value, root, depth + 1);
            case "allOf" or "anyOf" or "oneOf":
                return value is not RegoArray { Count: > 0 } schemas ? $"{name} must be of an array"
                    : schemas.Select(each => Check(context, each, root, depth + 1)).FirstOrDefault(error => error is not null);
            case "required":
                return value is RegoArray required ? Strings(name, required) : value is RegoBoolean ? null : "required must be of an array";
            case "enum":
                return value is RegoArray ? null : "enum must be of an array";
            case "pattern":
                return Pattern(name, value);
            case "minLength" or "maxLength" or "minItems" or "maxItems" or "minProperties" or "maxProperties":
                return value is not RegoNumber { IsInteger: true } count ? $"{name} must be of an integer"
                    : count.Sign < 0 ? $"{name} must be greater than or equal to 0" : null;
            case "minimum" or "maximum":
                return value is RegoNumber ? null : $"{name} must be of a number";
            case "exclusiveMinimum" or "exclusiveMaximum":
                return value is RegoNumber or RegoBoolean ? null : $"{name} must be of a number";
            case "multipleOf":
                return value is not RegoNumber number ? "multipleOf must be of a number"
                    : number.Sign <= 0 ? "multipleOf must be strictly greater than 0" : null;
            case "uniqueItems":
                return value is RegoBoolean ? null : "uniqueItems must be of a boolean";
            default:
                return null;
        }
    }

    private static string? Type(RegoValue value)
    {
        if (value is not (RegoString or RegoArray))
        {
            return "type must be of type string or array of strings";
        }

        RegoValue[] given = value is RegoArray several ? [.. several] : [value];
        var wrong = Array.Find(given, each => each is not RegoString text || !s_types.Contains(text.Value));
        return wrong is not null
            ? "has a primitive type that is NOT VALID -- given: /" + ((wrong as RegoString)?.Value ?? wrong.ToJson())
                + $"/ Expected valid values are:[{string.Join(' ', s_types)}]"
            : given.Distinct().Count() == given.Length ? null : $"{string.Join(",", given.Select(each => each.ToJson()))} type is duplicated";
    }

    private static string? Pattern(string name, RegoValue value) =>
        value is RegoString text && RegexProgram.TryCompile(text.Value, out var _, out var _) ? null : $"{name} must be a valid regex";

    private static string? Strings(string name, RegoArray items) => items.Any(item => item is not RegoString) ? $"{name} items must be string"
        : items.Distinct().Count() == items.Count ? null : $"{name} items must be unique";
}
