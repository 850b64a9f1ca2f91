using System.Collections.Frozen;

namespace Casemate.KataPolicy;

/// <summary>The built-in functions of the engine in the guest, in the build that the agent uses.</summary>
/// <remarks>Source: microsoft/regorus, src/builtins; kata-containers, src/agent/policy/Cargo.toml: base64, base64url, regex and what is always there.</remarks>
public static class AgentEngine
{
    /// <summary>Their names.</summary>
    public static FrozenSet<string> Functions { get; } = new[]
    {
        "count", "sum", "product", "max", "min", "sort", "all", "any", "array.concat", "array.reverse", "array.slice", "object.filter",
        "object.get", "object.keys", "object.remove", "object.subset", "object.union", "object.union_n", "json.filter", "json.is_valid",
        "json.marshal", "json.marshal_with_options", "json.remove", "json.unmarshal", "intersection", "union", "set_diff", "concat", "contains",
        "endswith", "format_int", "indexof", "indexof_n", "lower", "replace", "split", "sprintf", "startswith", "strings.any_prefix_match",
        "strings.any_suffix_match", "strings.replace_n", "strings.reverse", "substring", "trim", "trim_left", "trim_prefix", "trim_right",
        "trim_space", "trim_suffix", "upper", "regex.find_all_string_submatch_n", "regex.find_n", "regex.is_valid", "regex.match",
        "regex.replace", "regex.split", "regex.template_match", "base64.decode", "base64.encode", "base64.is_valid", "base64url.decode",
        "base64url.encode", "base64url.encode_no_pad", "bits.and", "bits.lsh", "bits.negate", "bits.or", "bits.rsh", "bits.xor", "abs", "ceil",
        "floor", "round", "numbers.range", "rem", "to_number", "cast_array", "cast_boolean", "cast_null", "cast_object", "cast_set",
        "cast_string", "is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string", "type_name", "print", "trace",
    }.ToFrozenSet(StringComparer.Ordinal);
}
