using System.Collections.Immutable;
using System.Globalization;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>
/// The fields of one object while they are read: each is asked for by name and type, and whatever nobody asked for is unknown. Wrong
/// types become findings and read as unset, so that one run names every problem.
/// </summary>
internal sealed class FieldSet
{
    private readonly ReadScope _scope;
    private readonly ManifestNode _node;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PolicyFinding> _missing = new(StringComparer.Ordinal);

    // True where something else stands in the object's place, which was said: that its fields are missing follows from that.
    private readonly bool _isBroken;
    private bool _hasRefused;

    private FieldSet(ReadScope scope, ManifestNode node, string path, bool isBroken) =>
        (_scope, _node, Path, _isBroken) = (scope, node, path, isBroken);

    public string Path { get; }

    public ManifestNode Node => _node;

    public ReadScope Scope => _scope;

    /// <summary>The fields of a value; none, with a finding, when it is not an object. Null and absent have none.</summary>
    public static FieldSet Of(ReadScope scope, ManifestNode? value, string path, ManifestNode nearest) =>
        Of(scope, value, path, nearest, isBroken: false);

    private static FieldSet Of(ReadScope scope, ManifestNode? value, string path, ManifestNode nearest, bool isBroken)
    {
        if (value is null || value.IsNull)
        {
            return new FieldSet(scope, new ManifestNode
            {
                Kind = ManifestNodeKind.Mapping,
                Start = nearest.Start,
                Line = nearest.Line,
                Column = nearest.Column,
            }, path, isBroken);
        }

        var node = value.Resolved;
        if (node.Kind is ManifestNodeKind.Mapping && IsPlainTag(node))
        {
            return new FieldSet(scope, node, path, isBroken);
        }

        scope.Error(value, path, $"{Described(node)} stands where an object is expected", "Write an object: fields with values.");
        return Of(scope, null, path, value, isBroken: true);
    }

    public bool Has(string name) => Member(name) is not null;

    /// <summary>
    /// Whether a finding tells already why something lacks here: another thing stands in the object's place, or a field was refused.
    /// </summary>
    public bool IsExplained => _isBroken || _hasRefused;

    /// <summary>Whether the field is absent, null or empty text.</summary>
    public bool IsUnset(string name) =>
        Member(name) is not { } member || member.Value.Resolved is { Kind: ManifestNodeKind.Scalar, ScalarType: ScalarType.Text, Text: "" };

    /// <summary>Whether the field's value is a list; false where it is absent, or something else stands there, which reading it says.</summary>
    public bool IsList(string name) => Member(name) is { Value.Resolved.Kind: ManifestNodeKind.Sequence };

    public string PathOf(string name) => ManifestPath.Member(Path, name);

    public ManifestNode NodeOf(string name) => Member(name)?.Key ?? _node;

    /// <summary>Text; null when unset. Numbers and booleans without quotes are refused, as the API server refuses them.</summary>
    public string? Text(string name) => Member(name) is { } member ? TextOf(member.Value, PathOf(name)) : null;

    /// <summary>Text that must be there.</summary>
    public string RequiredText(string name)
    {
        if (Text(name) is { Length: > 0 } text)
        {
            return text;
        }

        if (IsUnset(name))
        {
            Missing(name, $"'{name}' is missing or empty", $"Write '{name}: …'.");
        }

        return "";
    }

    /// <summary>
    /// Says that a field lacks; not where the whole object does, and taken back where <see cref="End"/> finds the field under a name
    /// that is written wrong.
    /// </summary>
    public void Missing(string name, string message, string remedy)
    {
        if (_isBroken)
        {
            return;
        }

        var finding = PolicyFinding.Error(PathOf(name), message, remedy) with { Location = _scope.Locate(_node) };
        _scope.Add(finding);
        _missing[name] = finding;
    }

    /// <summary>A quantity or a port: text or a number, as text.</summary>
    public string? TextOrNumber(string name) => Member(name) is { } member ? TextOrNumberOf(member.Value, PathOf(name)) : null;

    public bool? Boolean(string name)
    {
        if (Member(name) is not { } member)
        {
            return null;
        }

        var node = member.Value.Resolved;
        if (node is { Kind: ManifestNodeKind.Scalar, ScalarType: ScalarType.Boolean })
        {
            return PlainScalar.IsTrue(node.Text);
        }

        return Wrong<bool?>(member.Value, PathOf(name), "true or false");
    }

    public long? Integer(string name) => Member(name) is { } member ? IntegerOf(member.Value, PathOf(name)) : null;

    /// <summary>A list of text; empty when unset.</summary>
    public ImmutableArray<string> Texts(string name) => [.. Items(name).Select(item => TextOf(item.Node, item.Path) ?? "")];

    public ImmutableArray<long> Integers(string name) => [.. Items(name).Select(item => IntegerOf(item.Node, item.Path) ?? 0)];

    public FieldSet Object(string name) => Of(_scope, Member(name)?.Value, PathOf(name), NodeOf(name), _isBroken);

    /// <summary>The object, or null when the field is absent or null.</summary>
    public FieldSet? OptionalObject(string name) => Member(name) is null ? null : Object(name);

    public IEnumerable<FieldSet> Objects(string name) => Items(name).Select(item => Of(_scope, item.Node, item.Path, item.Node)).ToList();

    /// <summary>The items of a list; none when it is unset.</summary>
    public IReadOnlyList<(ManifestNode Node, string Path)> Items(string name)
    {
        if (Member(name) is not { } member)
        {
            return [];
        }

        var node = member.Value.Resolved;
        if (node.Kind is not ManifestNodeKind.Sequence || !IsPlainTag(node))
        {
            return Wrong<IReadOnlyList<(ManifestNode, string)>>(member.Value, PathOf(name), "a list") ?? [];
        }

        return [.. node.Items.Select((item, index) => (item, ManifestPath.Item(PathOf(name), index)))];
    }

    /// <summary>A map of text to text in the order of writing.</summary>
    public ImmutableArray<NamedValue> TextMap(string name, bool numbersToo = false) =>
        [.. Object(name).All().Select(entry => new NamedValue(
            entry.Path, entry.Name, (numbersToo ? TextOrNumberOf(entry.Node, entry.Path) : TextOf(entry.Node, entry.Path)) ?? ""))];

    /// <summary>Every field with its value; none is unknown afterwards.</summary>
    public IEnumerable<(string Name, ManifestNode Node, string Path)> All()
    {
        foreach (var (key, value) in _node.EffectiveMembers)
        {
            _known.Add(key.Text);
            yield return (key.Text, value, PathOf(key.Text));
        }
    }

    /// <summary>Fields that are known and stay in the cluster, whatever they hold.</summary>
    public FieldSet Skip(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _known.Add(name);
        }

        return this;
    }

    /// <summary>Takes every field for known: what they hold stays in the cluster.</summary>
    public FieldSet SkipAll()
    {
        _known.UnionWith(_node.EffectiveMembers.Select(member => member.Key.Text));
        return this;
    }

    /// <summary>Reports the fields that nobody asked for. Call it once everything is read.</summary>
    public void End(UnknownFields unknown)
    {
        foreach (var (key, _) in _node.EffectiveMembers.Where(member => !_known.Contains(member.Key.Text) && !member.Value.IsNull))
        {
            var near = _scope.IsFull ? null : Spelling.Nearest(key.Text, _known);
            var meant = near is null ? "" : $" Did you mean '{near}'?";
            var path = PathOf(key.Text);
            if (unknown is UnknownFields.Refuse && !_scope.IgnoreUnknownFields)
            {
                _hasRefused = true;
                if (near is not null && _missing.Remove(near, out var same))
                {
                    _scope.Remove(same);
                }

                _scope.Error(
                    key, path, $"field '{ShownText.Of(key.Text)}' is not known here, and what stands here can change what the guest runs",
                    $"Correct or remove it, or pass --silent-unsupported-fields to make the policy without it.{meant}");
            }
            else
            {
                _scope.Warning(
                    key, path, $"field '{ShownText.Of(key.Text)}' is not known here; the policy is made without it",
                    $"Nothing to do if your cluster knows it.{meant}");
            }
        }
    }

    private (ManifestNode Key, ManifestNode Value)? Member(string name)
    {
        _known.Add(name);
        return _node.Find(name) is { } member && !member.Value.IsNull ? member : null;
    }

    private string? TextOf(ManifestNode value, string path)
    {
        var node = value.Resolved;
        if (node.Kind is not ManifestNodeKind.Scalar)
        {
            return Wrong<string>(value, path, "text");
        }

        switch (node.ScalarType)
        {
            case ScalarType.Text when IsPlainTag(node):
                return node.Text;
            case ScalarType.Null:
                return null;
            default:
                _scope.Error(
                    value, path, $"{Described(node)} stands where text is expected; the API server refuses it too",
                    IsPlainTag(node) ? $"Put it in quotes: \"{ShownText.Of(node.Text)}\"." : "Remove the tag.");
                return node.Text;
        }
    }

    private string? TextOrNumberOf(ManifestNode value, string path)
    {
        var node = value.Resolved;
        return node is { Kind: ManifestNodeKind.Scalar, ScalarType: ScalarType.Number } ? node.Text : TextOf(value, path);
    }

    private long? IntegerOf(ManifestNode value, string path)
    {
        var node = value.Resolved;
        if (node is { Kind: ManifestNodeKind.Scalar, ScalarType: ScalarType.Number } && TryInteger(node.Text, out var number))
        {
            return number;
        }

        return Wrong<long?>(value, path, "a whole number");
    }

    // YAML 1.1: a leading zero means octal, as in file modes.
    private static bool TryInteger(string text, out long value)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (digits.StartsWith("0x", StringComparison.Ordinal))
        {
            return long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        var octal = digits.StartsWith("0o", StringComparison.Ordinal) ? digits[2..]
            : digits.Length > 1 && digits[0] == '0' && digits.All(char.IsAsciiDigit) ? digits[1..] : null;
        if (octal is null)
        {
            return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        }

        value = 0;
        foreach (var c in octal)
        {
            if (c is < '0' or > '7' || value > long.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (long)(c - '0');
        }

        return octal.Length > 0;
    }

    private T? Wrong<T>(ManifestNode value, string path, string expected)
    {
        _scope.Error(value, path, $"{Described(value.Resolved)} stands where {expected} is expected", $"Write {expected}.");
        return default;
    }

    private static bool IsPlainTag(ManifestNode node) =>
        node.Tag is "" or "!" || node.Tag.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal) && !node.Tag.EndsWith(":binary", StringComparison.Ordinal);

    private static string Described(ManifestNode node) => node.Kind switch
    {
        ManifestNodeKind.Mapping => "an object",
        ManifestNodeKind.Sequence => "a list",
        _ when !IsPlainTag(node) => $"a value tagged {ShownText.Of(node.Tag)}",
        _ => node.ScalarType switch
        {
            ScalarType.Null => "nothing",
            ScalarType.Boolean => "a boolean",
            ScalarType.Number => "a number",
            _ => "text",
        },
    };
}
