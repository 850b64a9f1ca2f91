using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Documents;

/// <summary>
/// One JSON object of a document, read member by member. Nothing throws: the first problem goes to the shared
/// <see cref="DocumentProblem"/>, and the value is empty.
/// </summary>
/// <remarks>
/// The common readers of these documents take <c>Layers</c> for <c>layers</c>. A document that says one thing to them and another to
/// us could be signed here and run there, so a member that differs from a known one in capitals alone is refused.
/// </remarks>
internal sealed class ObjectReader
{
    // The Kelvin sign and the long s fold to k and s in the readers that ignore case.
    private static readonly (char Sign, char Letter)[] s_folded = [('\u212A', 'k'), ('\u017F', 's')];

    private readonly string _path;
    private readonly DocumentProblem _problem;
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    private ObjectReader(JsonElement element, string path, DocumentProblem problem)
    {
        (_path, _problem) = (path, problem);
        foreach (var member in element.EnumerateObject())
        {
            _members.Add(member.Name, member.Value);
        }
    }

    /// <summary>Parses a document whose root is an object, and lets <paramref name="read"/> read it.</summary>
    /// <returns>The result; null when <paramref name="problem"/> says why not.</returns>
    public static T? Read<T>(ReadOnlyMemory<byte> json, int maxBytes, Func<ObjectReader, T?> read, out string? problem) where T : class
    {
        if (json.Length > maxBytes)
        {
            problem = $"it has {json.Length} bytes, and {maxBytes} is the limit";
            return null;
        }

        if (!StrictJson.TryParse(json, out var document, out problem))
        {
            return null;
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problem = "it is not a JSON object";
                return null;
            }

            var found = new DocumentProblem();
            var root = new ObjectReader(document.RootElement, "", found);
            var result = read(root);
            problem = found.Text;
            return problem is null ? result : null;
        }
    }

    /// <summary>The elements of an array at the root of a document, each an object.</summary>
    public static IReadOnlyList<ObjectReader> Elements(JsonElement array, string path, DocumentProblem problem)
    {
        var objects = new List<ObjectReader>();
        foreach (var element in array.EnumerateArray())
        {
            var place = $"{path}[{objects.Count}]";
            if (element.ValueKind != JsonValueKind.Object)
            {
                problem.Add(place, "is not an object");
                return [];
            }

            objects.Add(new ObjectReader(element, place, problem));
        }

        return objects;
    }

    /// <summary>Keeps a problem of this object.</summary>
    public void Fail(string what) => _problem.Add(_path, what);

    /// <summary>Keeps a problem of a member.</summary>
    public void Fail(string name, string what) => _problem.Add(Path(name), what);

    /// <summary>True when the member is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A text; null when the member is absent or null.</summary>
    public string? Text(string name, int maxLength = 64 * 1024)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Fail(name, "is not a string");
            return null;
        }

        var text = value.GetString()!;
        if (text.Length > maxLength)
        {
            Fail(name, $"is longer than {maxLength} characters");
            return null;
        }

        return text;
    }

    /// <summary>A text that must be there and not be empty; an empty string, and a problem, where it is not.</summary>
    public string RequiredText(string name, int maxLength = 64 * 1024)
    {
        var text = Text(name, maxLength);
        if (string.IsNullOrEmpty(text))
        {
            Fail(name, "is missing or empty");
        }

        return text ?? "";
    }

    /// <summary>A text that must be there and may be empty.</summary>
    public string PresentText(string name, int maxLength)
    {
        var text = Text(name, maxLength);
        if (text is null)
        {
            Fail(name, "is missing");
        }

        return text ?? "";
    }

    /// <summary>A whole number that must be there, from 0 to <paramref name="max"/>.</summary>
    public long RequiredNumber(string name, long max)
    {
        if (Find(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number >= 0 && number <= max)
        {
            return number;
        }

        Fail(name, $"is not a whole number from 0 to {max}");
        return 0;
    }

    /// <summary>A truth value; false when the member is absent or null.</summary>
    public bool Flag(string name)
    {
        if (Find(name) is { } value && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Fail(name, "is neither true nor false");
        }

        return Find(name) is { ValueKind: JsonValueKind.True };
    }

    /// <summary>A digest that must be there; null, and a problem, where it is not.</summary>
    public Digest? RequiredDigest(string name)
    {
        if (Digest.TryParse(Text(name), out var digest))
        {
            return digest;
        }

        Fail(name, "is not a digest");
        return null;
    }

    /// <summary>A list of texts; empty when the member is absent or null.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
        {
            Fail(name, "is not a list of strings");
            return [];
        }

        return [.. value.EnumerateArray().Select(item => item.GetString()!)];
    }

    /// <summary>A map of texts, in ordinal order of its keys; empty when the member is absent or null.</summary>
    public IReadOnlyDictionary<string, string> Map(string name)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (Find(name) is not { } value)
        {
            return map;
        }

        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(item => item.Value.ValueKind != JsonValueKind.String))
        {
            Fail(name, "is not a map of strings");
            return map;
        }

        foreach (var item in value.EnumerateObject())
        {
            map.Add(item.Name, item.Value.GetString()!);
        }

        return map;
    }

    /// <summary>The names of an object that serves as a set, in ordinal order; empty when the member is absent or null.</summary>
    public IReadOnlyList<string> Keys(string name)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Fail(name, "is not an object");
            return [];
        }

        return [.. value.EnumerateObject().Select(item => item.Name).Order(StringComparer.Ordinal)];
    }

    /// <summary>An object; null when the member is absent or null.</summary>
    public ObjectReader? Object(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return new ObjectReader(value, Path(name), _problem);
        }

        Fail(name, "is not an object");
        return null;
    }

    /// <summary>A list of objects; empty when the member is absent or null.</summary>
    public IReadOnlyList<ObjectReader> Objects(string name, int maxCount)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Fail(name, "is not a list");
            return [];
        }

        if (value.GetArrayLength() > maxCount)
        {
            Fail(name, $"has {value.GetArrayLength()} elements, and {maxCount} is the limit");
            return [];
        }

        return Elements(value, Path(name), _problem);
    }

    /// <summary>
    /// Ends the reading of this object: the members that nobody asked for, in ordinal order, fit to outlive the document. One that
    /// only differs in capitals from a member that was asked for is a problem.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Rest()
    {
        var rest = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, value) in _members)
        {
            if (_known.TryGetValue(Fold(name), out var known))
            {
                if (known != name)
                {
                    Fail($"has a member '{Quoted.Of(name)}', which some readers take for '{known}'");
                }

                continue;
            }

            rest.Add(name, value.Clone());
        }

        return rest;
    }

    private static string Fold(string name)
    {
        foreach (var (sign, letter) in s_folded)
        {
            name = name.Replace(sign, letter);
        }

        return name;
    }

    private JsonElement? Find(string name)
    {
        _known.Add(name);
        return _members.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private string Path(string name) => _path.Length == 0 ? name : $"{_path}.{name}";
}
