namespace Casemate.KataPolicy.Derivation;

/// <summary>Variables in order, one value for each name: a later value takes the place of an earlier one.</summary>
internal sealed class Variables
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The names in the order in which they came first.</summary>
    public IReadOnlyList<string> Names => _names;

    public string? Find(string name) => _values.GetValueOrDefault(name);

    public void Set(string name, string value)
    {
        if (_values.TryAdd(name, value))
        {
            _names.Add(name);
        }

        _values[name] = value;
    }

    /// <summary>Sets a variable from <c>NAME=value</c> in the rules' form; a text without '=' is a name with nothing.</summary>
    public void SetText(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        Set(equals < 0 ? text : text[..equals], equals < 0 ? "" : text[(equals + 1)..]);
    }

    /// <summary>Each as <c>NAME=value</c>, in order.</summary>
    public string[] Texts() => [.. _names.Select(name => $"{name}={_values[name]}")];
}
