using System.Globalization;
using System.Net;
using System.Numerics;
using Casemate.Rego.Patterns;

namespace Casemate.Rego.Builtins;

/// <summary>Holds a document against a schema that was checked, and lists what does not fit in the words of OPA.</summary>
internal sealed class JsonSchemaMatch(BuiltinContext context, RegoValue root)
{
    private const int DeepestNesting = 256;
    private const int MostErrors = 1000;
    private bool _tooDeep;

    /// <summary>One object per error: <c>error type field desc</c>.</summary>
    public List<RegoValue> Errors { get; } = [];

    /// <summary>Compares.</summary>
    /// <returns>Why no comparison is possible; null after one was made.</returns>
    public string? Run(RegoValue document)
    {
        Apply(root, document, "(root)", Errors, 0);
        return _tooDeep ? $"the schema refers to itself, or is nested, more than {DeepestNesting} levels deep" : null;
    }

    private void Apply(RegoValue schema, RegoValue value, string at, List<RegoValue> errors, int depth)
    {
        context.Step();
        if (depth > DeepestNesting || errors.Count >= MostErrors)
        {
            _tooDeep |= depth > DeepestNesting;
            return;
        }

        if (schema is RegoBoolean { Value: false })
        {
            Add(errors, at, "false", "False always fails validation");
        }

        if (schema is not RegoObject rules)
        {
            return;
        }

        if (rules["$ref"] is RegoString reference)
        {
            Apply(JsonSchema.Resolve(root, reference.Value)!, value, at, errors, depth + 1);
            return;
        }

        if (rules["type"] is { } types && !IsOf(types, value))
        {
            var expected = types is RegoArray several ? string.Join(",", several.Select(Text)) : Text(types);
            Add(errors, at, "invalid_type", $"Invalid type. Expected: {expected}, given: {TypeOf(value)}");
            return;
        }

        Combinations(rules, value, at, errors, depth);
        Values(rules, value, at, errors);
        switch (value)
        {
            case RegoObject members:
                Object(rules, members, at, errors, depth);
                break;
            case RegoArray items:
                Array(rules, items, at, errors, depth);
                break;
            case RegoString text:
                String(rules, text.Value, at, errors);
                break;
            case RegoNumber number:
                Number(rules, number, at, errors);
                break;
        }
    }

    private bool Fits(RegoValue schema, RegoValue value, string at, int depth)
    {
        var errors = new List<RegoValue>();
        Apply(schema, value, at, errors, depth + 1);
        return errors.Count == 0;
    }

    private void Combinations(RegoObject rules, RegoValue value, string at, List<RegoValue> errors, int depth)
    {
        if (rules["anyOf"] is RegoArray any && !any.Any(each => Fits(each, value, at, depth)))
        {
            Add(errors, at, "number_any_of", "Must validate at least one schema (anyOf)");
        }

        if (rules["oneOf"] is RegoArray one && one.Count(each => Fits(each, value, at, depth)) != 1)
        {
            Add(errors, at, "number_one_of", "Must validate one and only one schema (oneOf)");
        }

        if (rules["allOf"] is RegoArray all)
        {
            var before = errors.Count;
            foreach (var each in all)
            {
                Apply(each, value, at, errors, depth + 1);
            }

            if (errors.Count > before)
            {
                Add(errors, at, "number_all_of", "Must validate all the schemas (allOf)");
            }
        }

        if (rules["not"] is { } not && Fits(not, value, at, depth))
        {
            Add(errors, at, "number_not", "Must not validate the schema (not)");
        }

        if (rules["if"] is { } condition)
        {
            var holds = Fits(condition, value, at, depth);
            if (rules[holds ? "then" : "else"] is { } branch && !Fits(branch, value, at, depth))
            {
                Add(errors, at, holds ? "condition_then" : "condition_else",
                    holds ? "Must validate \"then\" as \"if\" was valid" : "Must validate \"else\" as \"if\" was not valid");
            }
        }
    }

    private static void Values(RegoObject rules, RegoValue value, string at, List<RegoValue> errors)
    {
        if (rules["const"] is { } wanted && !wanted.Equals(value))
        {
            Add(errors, at, "const", $"{Field(at)} does not match: {wanted.ToJson()}");
        }

        if (rules["enum"] is RegoArray allowed && !allowed.Contains(value))
        {
            Add(errors, at, "enum", $"{Field(at)} must be one of the following: {string.Join(", ", allowed.Select(each => each.ToJson()))}");
        }
    }

    private void Object(RegoObject rules, RegoObject members, string at, List<RegoValue> errors, int depth)
    {
        foreach (var name in (rules["required"] as RegoArray ?? RegoArray.Empty).Where(name => !members.TryGetValue(name, out _)))
        {
            Add(errors, at, "required", $"{Text(name)} is required");
        }

        Count(rules, "minProperties", members.Count, false, errors, at, "array_min_properties", "Must have at least {0} properties");
        Count(rules, "maxProperties", members.Count, true, errors, at, "array_max_properties", "Must have at most {0} properties");
        var (properties, patterns) = (rules["properties"] as RegoObject, rules["patternProperties"] as RegoObject);
        foreach (var (key, value) in members)
        {
            var (name, below, known) = (Text(key), $"{at}.{Text(key)}", false);
            if (properties is not null && properties.TryGetValue(key, out var own))
            {
                known = true;
                Apply(own, value, below, errors, depth + 1);
            }

            foreach (var (pattern, schema) in patterns ?? RegoObject.Empty)
            {
                if (IsMatch(Text(pattern), name))
                {
                    known = true;
                    Apply(schema, value, below, errors, depth + 1);
                }
            }

            if (!known && rules["additionalProperties"] is { } more)
            {
                if (more is RegoBoolean { Value: false })
                {
                    Add(errors, at, "additional_property_not_allowed", $"Additional property {name} is not allowed");
                }
                else
                {
                    Apply(more, value, below, errors, depth + 1);
                }
            }

            if (rules["propertyNames"] is { } names && !Fits(names, key, at, depth))
            {
                Add(errors, at, "invalid_property_name", $"Property name of \"{name}\" does not match");
            }
        }

        foreach (var (key, dependency) in rules["dependencies"] as RegoObject ?? RegoObject.Empty)
        {
            if (!members.TryGetValue(key, out _))
            {
                continue;
            }

            if (dependency is RegoArray others)
            {
                foreach (var other in others.Where(other => !members.TryGetValue(other, out _)))
                {
                    Add(errors, at, "missing_dependency", $"Has a dependency on {Text(other)}");
                }
            }
            else
            {
                Apply(dependency, members, at, errors, depth + 1);
            }
        }
    }

    private void Array(RegoObject rules, RegoArray items, string at, List<RegoValue> errors, int depth)
    {
        Count(rules, "minItems", items.Count, false, errors, at, "array_min_items", "Array must have at least {0} items");
        Count(rules, "maxItems", items.Count, true, errors, at, "array_max_items", "Array must have at most {0} items");
        if (rules["uniqueItems"] is RegoBoolean { Value: true } && items.Distinct().Count() != items.Count)
        {
            Add(errors, at, "unique", "array items must be unique");
        }

        if (rules["contains"] is { } contained && !items.Any(item => Fits(contained, item, at, depth)))
        {
            Add(errors, at, "contains", "At least one of the items must match");
        }

        var listed = rules["items"] as RegoArray;
        for (var i = 0; i < items.Count; i++)
        {
            var schema = listed is null ? rules["items"] : i < listed.Count ? listed[i] : rules["additionalItems"];
            if (listed is not null && i >= listed.Count && schema is RegoBoolean { Value: false })
            {
                Add(errors, at, "array_no_additional_items", "No additional items allowed on array");
                break;
            }

            if (schema is not null)
            {
                Apply(schema, items[i], string.Create(CultureInfo.InvariantCulture, $"{at}.{i}"), errors, depth + 1);
            }
        }
    }

    private void String(RegoObject rules, string text, string at, List<RegoValue> errors)
    {
        var length = text.EnumerateRunes().Count();
        Count(rules, "minLength", length, false, errors, at, "string_gte", "String length must be greater than or equal to {0}");
        Count(rules, "maxLength", length, true, errors, at, "string_lte", "String length must be less than or equal to {0}");
        if (rules["pattern"] is RegoString pattern && !IsMatch(pattern.Value, text))
        {
            Add(errors, at, "pattern", $"Does not match pattern '{pattern.Value}'");
        }

        if (rules["format"] is RegoString format && !HasFormat(format.Value, text))
        {
            Add(errors, at, "format", $"Does not match format '{format.Value}'");
        }
    }

    private static void Number(RegoObject rules, RegoNumber number, string at, List<RegoValue> errors)
    {
        if (rules["multipleOf"] is RegoNumber factor && !IsMultiple(number, factor))
        {
            Add(errors, at, "multiple_of", $"Must be a multiple of {factor}");
        }

        // Draft 4 says with a boolean what later drafts say with a number of its own.
        if (rules["minimum"] is RegoNumber least)
        {
            var open = rules["exclusiveMinimum"] == RegoValue.True;
            if (open ? number.CompareTo(least) <= 0 : number.CompareTo(least) < 0)
            {
                Add(errors, at, open ? "number_gt" : "number_gte", $"Must be greater than {(open ? "" : "or equal to ")}{least}");
            }
        }

        if (rules["exclusiveMinimum"] is RegoNumber above && number.CompareTo(above) <= 0)
        {
            Add(errors, at, "number_gt", $"Must be greater than {above}");
        }

        if (rules["maximum"] is RegoNumber most)
        {
            var open = rules["exclusiveMaximum"] == RegoValue.True;
            if (open ? number.CompareTo(most) >= 0 : number.CompareTo(most) > 0)
            {
                Add(errors, at, open ? "number_lt" : "number_lte", $"Must be less than {(open ? "" : "or equal to ")}{most}");
            }
        }

        if (rules["exclusiveMaximum"] is RegoNumber below && number.CompareTo(below) >= 0)
        {
            Add(errors, at, "number_lt", $"Must be less than {below}");
        }
    }

    private static void Count(
        RegoObject rules, string name, int count, bool isMost, List<RegoValue> errors, string at, string type, string text)
    {
        if (rules[name] is RegoNumber bound && RegoNumber.Create(count).CompareTo(bound) is var order && (isMost ? order > 0 : order < 0))
        {
            Add(errors, at, type, text.Replace("{0}", bound.ToString(), StringComparison.Ordinal));
        }
    }

    // Both numbers times the same power of ten are whole; exponents that differ by more are no multiples that anybody means.
    private static bool IsMultiple(RegoNumber number, RegoNumber factor)
    {
        var least = Math.Min(number.Exponent, factor.Exponent);
        return Math.Max(number.Exponent, factor.Exponent) - least <= RegoNumber.MaximumDigits
            && (number.Mantissa * BigInteger.Pow(10, number.Exponent - least))
                % (factor.Mantissa * BigInteger.Pow(10, factor.Exponent - least)) == 0;
    }

    private bool IsMatch(string pattern, string text)
    {
        _ = RegexProgram.TryCompile(pattern, out var program, out _);
        context.Matcher.Start(program!, text, groups: false);
        return context.Matcher.IsMatch();
    }

    private static bool HasFormat(string format, string text) => format switch
    {
        "date-time" => GoTime.Parse("2006-01-02T15:04:05.999999999Z07:00", text) is not null,
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "time" => TimeOnly.TryParseExact(text.TrimEnd('Z'), "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "email" => text.IndexOf('@', StringComparison.Ordinal) is > 0 and var sign && sign < text.Length - 1 && !text.Any(char.IsWhiteSpace),
        "ipv4" => IPAddress.TryParse(text, out var four) && four.GetAddressBytes().Length == 4 && text.Count(c => c == '.') == 3,
        "ipv6" => IPAddress.TryParse(text, out var six) && six.GetAddressBytes().Length == 16,
        "hostname" => Uri.CheckHostName(text) is UriHostNameType.Dns,
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out var uri) && text.StartsWith(uri.Scheme, StringComparison.OrdinalIgnoreCase),
        "uri-reference" => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _),
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "regex" => RegexProgram.TryCompile(text, out _, out _),
        _ => true,
    };

    private static bool IsOf(RegoValue types, RegoValue value)
    {
        var actual = TypeOf(value);
        return (types is RegoArray several ? several.Select(Text) : [Text(types)])
            .Any(type => type == actual || (type == "number" && actual == "integer"));
    }

    private static string TypeOf(RegoValue value) => value is RegoNumber { IsInteger: true } ? "integer" : value.TypeName;

    private static string Text(RegoValue value) => (value as RegoString)?.Value ?? value.ToJson();

    private static string Field(string at) => at.StartsWith("(root).", StringComparison.Ordinal) ? at["(root).".Length..] : at;

    private static void Add(List<RegoValue> errors, string at, string type, string text) => errors.Add(GoJson.Object(
        ("desc", RegoString.Create(text)), ("error", RegoString.Create($"{Field(at)}: {text}")), ("field", RegoString.Create(Field(at))),
        ("type", RegoString.Create(type))));
}
