using System.Text.Json;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Settings;

/// <summary>
/// One object of a settings file, whose members are taken by name. What has the wrong type is reported and counts as absent; what nobody
/// took is reported at the end.
/// </summary>
internal sealed class SettingsObject
{
    private readonly string _path;
    private readonly List<PolicyFinding> _findings;
    private readonly JsonElement _element;
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public SettingsObject(JsonElement element, string path, List<PolicyFinding> findings) =>
        (_element, _path, _findings) = (element, path, findings);

    public SettingsObject? Object(string name) =>
        Take(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.Object ? new SettingsObject(value, At(name), _findings)
        : Wrong<SettingsObject>(name, "an object");

    public string? Text(string name) =>
        Take(name) is not { } value ? null : value.ValueKind is JsonValueKind.String ? value.GetString() : Wrong<string>(name, "a string");

    public bool? Flag(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        _ = Wrong<string>(name, "true or false");
        return null;
    }

    public uint? Number(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.Number && value.TryGetUInt32(out var number))
        {
            return number;
        }

        _ = Wrong<string>(name, "a whole number from 0 to 4294967295");
        return null;
    }

    public IReadOnlyList<string>? Texts(string name) => Take(name) is { } value ? Strings(value, name) : null;

    /// <summary>A text that is a regular expression.</summary>
    public string? Pattern(string name)
    {
        var pattern = Text(name);
        if (pattern is not null)
        {
            CheckPattern(name, pattern);
        }

        return pattern;
    }

    /// <summary>Texts that are regular expressions.</summary>
    public IReadOnlyList<string>? Patterns(string name)
    {
        var patterns = Texts(name);
        for (var i = 0; i < (patterns?.Count ?? 0); i++)
        {
            CheckPattern($"{name}[{i}]", patterns![i]);
        }

        return patterns;
    }

    public IReadOnlyList<uint>? Numbers(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.Array
            && value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.Number && item.TryGetUInt32(out _)))
        {
            return [.. value.EnumerateArray().Select(item => item.GetUInt32())];
        }

        return Wrong<IReadOnlyList<uint>>(name, "a list of whole numbers from 0 to 4294967295");
    }

    public IReadOnlyList<IReadOnlyList<string>>? Commands(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is not JsonValueKind.Array)
        {
            return Wrong<IReadOnlyList<IReadOnlyList<string>>>(name, "a list of commands, each a list of strings");
        }

        return [.. value.EnumerateArray().Select((item, index) => Strings(item, $"{name}[{index}]") ?? [])];
    }

    public IReadOnlyDictionary<string, string>? Map(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is not JsonValueKind.Object
            || value.EnumerateObject().Any(member => member.Value.ValueKind is not JsonValueKind.String))
        {
            return Wrong<IReadOnlyDictionary<string, string>>(name, "an object of strings");
        }

        return BuiltInProfiles.Sorted([.. value.EnumerateObject().Select(member => (member.Name, member.Value.GetString()!))]);
    }

    public IReadOnlyList<SettingsObject>? Objects(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is not JsonValueKind.Array || value.EnumerateArray().Any(item => item.ValueKind is not JsonValueKind.Object))
        {
            return Wrong<IReadOnlyList<SettingsObject>>(name, "a list of objects");
        }

        return [.. value.EnumerateArray().Select((item, index) => new SettingsObject(item, $"{At(name)}[{index}]", _findings))];
    }

    /// <summary>Takes members that are known and have no effect here.</summary>
    public void Skip(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _ = _taken.Add(name);
        }
    }

    /// <summary>Takes a member that is known and asks for something that is not done.</summary>
    public void Unsupported(string name, string meaning, string remedy)
    {
        if (Take(name) is not null)
        {
            _findings.Add(PolicyFinding.Warning(At(name), meaning, remedy));
        }
    }

    public void Fail(string name, string message, string remedy) => _findings.Add(PolicyFinding.Error(At(name), message, remedy));

    /// <summary>Reports the members that nobody took.</summary>
    public void End()
    {
        foreach (var member in _element.EnumerateObject().Where(member => !_taken.Contains(member.Name)))
        {
            var near = Primitives.Text.NearestName.Find(member.Name, _taken);
            _findings.Add(PolicyFinding.Warning(
                At(member.Name), $"the setting '{Layers.Shown.Of(member.Name)}' is not known and has no effect",
                near is null ? "Remove it, or check the version of the settings file" : $"Did you mean '{near}'?"));
        }
    }

    private void CheckPattern(string name, string pattern)
    {
        if (SettingsPattern.FaultOf(pattern) is { } fault)
        {
            Fail(name, $"the regular expression '{Layers.Shown.Of(pattern)}' is malformed: {Layers.Shown.Of(fault)}", "Correct the expression (RE2's syntax)");
        }
    }

    private JsonElement? Take(string name)
    {
        _ = _taken.Add(name);
        return _element.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;
    }

    private IReadOnlyList<string>? Strings(JsonElement value, string name) =>
        value.ValueKind is JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : Wrong<IReadOnlyList<string>>(name, "a list of strings");

    private T? Wrong<T>(string name, string wanted)
        where T : class
    {
        _findings.Add(PolicyFinding.Error(At(name), $"the setting is not {wanted}", $"Write {wanted}"));
        return null;
    }

    private string At(string name) => SettingsPlaces.Join(_path, name);
}
