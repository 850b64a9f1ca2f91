using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Testing.Kubernetes;

/// <summary>
/// Kubernetes' own schema of its kinds, in one version: which fields there are, what stands in them, which must be there, and by what the
/// entries of a list are told apart. <c>tests/corpus/kubernetes/README.md</c> says where it comes from.
/// </summary>
public sealed class KubeSchema
{
    private readonly Dictionary<string, JsonElement> _types;

    private KubeSchema(string version)
    {
        Version = version;
        using var data = typeof(KubeSchema).Assembly.GetManifestResourceStream($"v{version}.json")
            ?? throw new InvalidOperationException($"There is no schema of Kubernetes {version}.");
        using var document = JsonDocument.Parse(data);
        _types = document.RootElement.EnumerateObject().ToDictionary(type => type.Name, type => type.Value.Clone(), StringComparer.Ordinal);
    }

    /// <summary>The oldest version whose schema is here.</summary>
    public static KubeSchema Oldest { get; } = new("1.32");

    /// <summary>The newest version whose schema is here.</summary>
    public static KubeSchema Newest { get; } = new("1.36");

    /// <summary>The version of Kubernetes: major and minor.</summary>
    public string Version { get; }

    /// <summary>The types by their names, as <c>tests/corpus/kubernetes/README.md</c> describes them.</summary>
    internal IReadOnlyDictionary<string, JsonElement> Types => _types;

    /// <summary>What is wrong with an object, each with its path; empty when it conforms.</summary>
    public IReadOnlyList<string> ProblemsOf(KubeObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var problems = new List<string>();
        if (_types.TryGetValue(TypeOf(value.ApiVersion, value.Kind), out var type))
        {
            Check(type, value.Json, "", problems);
        }
        else
        {
            problems.Add($"Kubernetes {Version} has no such kind in {value.ApiVersion}");
        }

        return [.. problems.Select(problem => $"{value}: {problem}")];
    }

    /// <summary>The name of a kind's type: <c>io.k8s.api.rbac.v1.Role</c> is that of a Role of <c>rbac.authorization.k8s.io/v1</c>.</summary>
    internal static string TypeOf(string apiVersion, string kind) => apiVersion.Split('/') is [var group, var version]
        ? $"io.k8s.api.{group.Split('.')[0]}.{version}.{kind}" : $"io.k8s.api.core.{apiVersion}.{kind}";

    private void Check(JsonElement type, JsonElement value, string path, List<string> problems)
    {
        if (type.ValueKind is JsonValueKind.String)
        {
            CheckNamed(type.GetString()!, value, path, problems);
        }
        else if (type.TryGetProperty("enum", out var words))
        {
            if (Is(JsonValueKind.String, value, "one of its words", path, problems)
                && !words.EnumerateArray().Any(word => word.ValueEquals(value.GetString())))
            {
                problems.Add($"{path} is {value.GetRawText()}, not one of {string.Join(", ", words.EnumerateArray())}");
            }
        }
        else if (type.TryGetProperty("list", out var item))
        {
            CheckList(type, item, value, path, problems);
        }
        else if (type.TryGetProperty("map", out item))
        {
            if (Is(JsonValueKind.Object, value, "a map", path, problems))
            {
                foreach (var entry in value.EnumerateObject().Where(entry => entry.Value.ValueKind is not JsonValueKind.Null))
                {
                    Check(item, entry.Value, $"{path}[{entry.Name}]", problems);
                }
            }
        }
        else if (Is(JsonValueKind.Object, value, "an object", path, problems))
        {
            CheckFields(type, value, path, problems);
        }
    }

    private void CheckNamed(string type, JsonElement value, string path, List<string> problems)
    {
        switch (type)
        {
            case "any":
                break;
            case "string":
                Is(JsonValueKind.String, value, "a string", path, problems);
                break;
            case "boolean":
                if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                {
                    problems.Add($"{path} is {value.GetRawText()}, not a boolean");
                }

                break;
            case "integer":
                if (value.ValueKind is not JsonValueKind.Number || !value.TryGetInt64(out _))
                {
                    problems.Add($"{path} is {value.GetRawText()}, not an integer");
                }

                break;
            case "integer or string":
                if (value.ValueKind is not JsonValueKind.String
                    && (value.ValueKind is not JsonValueKind.Number || !value.TryGetInt32(out _)))
                {
                    problems.Add($"{path} is {value.GetRawText()}, neither an integer nor a string");
                }

                break;
            case "quantity":
                if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number) || !Quantity.TryRead(value.ToString(), out _))
                {
                    problems.Add($"{path} is {value.GetRawText()}, not a quantity");
                }

                break;
            default:
                Check(_types[type], value, path, problems);
                break;
        }
    }

    private void CheckFields(JsonElement type, JsonElement value, string path, List<string> problems)
    {
        var fields = type.GetProperty("fields");
        var prefix = path.Length == 0 ? "" : $"{path}.";
        foreach (var member in value.EnumerateObject())
        {
            if (!fields.TryGetProperty(member.Name, out var field))
            {
                problems.Add($"{prefix}{member.Name}: Kubernetes {Version} has no such field");
            }
            else if (member.Value.ValueKind is not JsonValueKind.Null)
            {
                Check(field, member.Value, $"{prefix}{member.Name}", problems);
            }
        }

        if (type.TryGetProperty("required", out var required))
        {
            problems.AddRange(
                from field in required.EnumerateArray()
                where !value.TryGetProperty(field.GetString()!, out var there) || there.ValueKind is JsonValueKind.Null
                select $"{prefix}{field} is missing");
        }
    }

    private void CheckList(JsonElement type, JsonElement item, JsonElement value, string path, List<string> problems)
    {
        if (!Is(JsonValueKind.Array, value, "a list", path, problems))
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (at, entry) in value.EnumerateArray().Index())
        {
            var before = problems.Count;
            Check(item, entry, $"{path}[{at}]", problems);
            if (problems.Count == before && type.TryGetProperty("keys", out var keys))
            {
                var key = KeyOf(item, keys, entry);
                if (key.Length == 0)
                {
                    problems.Add($"{path}[{at}] has no {string.Join(", no ", keys.EnumerateArray())}");
                }
                else if (!seen.Add(key))
                {
                    problems.Add($"{path}[{at}]: {key} is there twice");
                }
            }
        }
    }

    // What an entry is known by: itself in a set, the values of its key fields in a list of objects.
    private string KeyOf(JsonElement item, JsonElement keys, JsonElement entry)
    {
        if (keys.GetArrayLength() == 0)
        {
            return entry.GetRawText();
        }

        var defaults = _types[item.GetString()!].TryGetProperty("defaults", out var some) ? some : default;
        return string.Join(
            ", ",
            from key in keys.EnumerateArray().Select(key => key.GetString()!)
            let value = entry.TryGetProperty(key, out var said) ? said
                : defaults.ValueKind is JsonValueKind.Object && defaults.TryGetProperty(key, out said) ? said : default
            where value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null)
            select $"{key} {value.GetRawText()}");
    }

    private static bool Is(JsonValueKind kind, JsonElement value, string what, string path, List<string> problems)
    {
        if (value.ValueKind != kind)
        {
            problems.Add($"{path} is {value.GetRawText()}, not {what}");
        }

        return value.ValueKind == kind;
    }
}
