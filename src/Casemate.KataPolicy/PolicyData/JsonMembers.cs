using System.Text.Json;

namespace Casemate.KataPolicy;

/// <summary>
/// Members of one JSON object, each to be taken once by name. What is missing, of the wrong type or left over is an error that names the
/// path.
/// </summary>
internal sealed class JsonMembers
{
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);

    internal JsonMembers(JsonElement element, string path)
    {
        _path = path;
        if (element.ValueKind is not JsonValueKind.Object)
        {
            throw Fail(path.Length == 0 ? "the whole" : path, "an object", element);
        }

        foreach (var member in element.EnumerateObject())
        {
            _members[member.Name] = member.Value;
        }
    }

    internal bool Has(string name) => _members.ContainsKey(name);

    internal JsonMembers Object(string name) => new(Take(name), At(name));

    internal string String(string name) => AsString(Take(name), At(name));

    internal bool Boolean(string name) => Take(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value
        ? value.GetBoolean()
        : throw new PolicyDataException($"{At(name)} must be true or false");

    internal uint UInt32(string name) => AsUInt32(Take(name), At(name));

    internal int Int32(string name) => Take(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number)
        ? number
        : throw new PolicyDataException($"{At(name)} must be a whole number of 32 bits");

    internal T[] Each<T>(string name, Func<JsonElement, string, T> read) => Each(Take(name), At(name), read);

    internal string[] Strings(string name) => Each(name, AsString);

    internal string[][] Commands(string name) => Each(name, static (element, path) => Each(element, path, AsString));

    internal Dictionary<string, string> Map(string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        var members = Object(name);
        foreach (var (key, value) in members._members)
        {
            map.Add(key, AsString(value, $"{members._path}['{key}']"));
        }

        return map;
    }

    internal JsonElement Take(string name) => _members.Remove(name, out var value)
        ? value
        : throw new PolicyDataException($"{At(name)} is missing");

    // The outermost object has no path to begin with.
    internal string At(string name) => _path.Length == 0 ? $"the member '{name}'" : $"{_path}.{name}";

    /// <summary>Ends the reading: nothing may be left.</summary>
    internal void End()
    {
        if (_members.Count > 0)
        {
            throw new PolicyDataException($"{At(_members.Keys.Order(StringComparer.Ordinal).First())} is not known");
        }
    }

    internal static string AsString(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.String ? value.GetString()! : throw Fail(path, "a string", value);

    internal static uint AsUInt32(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.Number && value.TryGetUInt32(out var number)
            ? number
            : throw new PolicyDataException($"{path} must be a whole number from 0 to {uint.MaxValue}");

    private static T[] Each<T>(JsonElement array, string path, Func<JsonElement, string, T> read)
    {
        if (array.ValueKind is not JsonValueKind.Array)
        {
            throw Fail(path, "an array", array);
        }

        var items = new T[array.GetArrayLength()];
        var i = 0;
        foreach (var item in array.EnumerateArray())
        {
            items[i] = read(item, $"{path}[{i}]");
            i++;
        }

        return items;
    }

    private static PolicyDataException Fail(string path, string wanted, JsonElement found) =>
        new($"{path} must be {wanted}, and is {found.ValueKind switch
        {
            JsonValueKind.Null => "null",
            JsonValueKind.Array => "an array",
            JsonValueKind.Object => "an object",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "a number",
            _ => "true or false",
        }}");
}
