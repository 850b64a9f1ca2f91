using System.Collections.Immutable;
using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Broker;

/// <summary>The keys of one mapping in the policy file. Reading, writing and the handbook's tables come from the same list.</summary>
internal sealed class PolicySection<T>
    where T : notnull
{
    private readonly ImmutableArray<PolicyKey<T>> _keys;
    private readonly T _default;

    public PolicySection(T defaults, IEnumerable<PolicyKey<T>> keys) => (_default, _keys) = (defaults, [.. keys]);

    /// <summary>Every key with the sections around it, in the order of the handbook.</summary>
    public IEnumerable<AppraisalPolicyKey> Describe(string prefix)
    {
        foreach (var key in _keys)
        {
            if (key.Inner.IsEmpty)
            {
                yield return new AppraisalPolicyKey(prefix + key.Name, key.Type, key.Default, key.Meaning);
            }

            foreach (var inner in key.Inner)
            {
                yield return inner with { Path = prefix + inner.Path };
            }
        }
    }

    /// <summary>Reads a mapping over the defaults.</summary>
    /// <exception cref="AppraisalPolicyException">An unknown key or a bad value.</exception>
    public T Read(PolicyNode node)
    {
        var result = _default;
        foreach (var (name, value) in node.AsMapping())
        {
            var key = _keys.FirstOrDefault(k => k.Name == name.Text) ?? throw name.Error(UnknownKey(name));
            result = key.Read(value, result);
        }

        return result;
    }

    /// <summary>Writes the keys whose value is not the default; the empty text when none differs.</summary>
    public string Write(T value)
    {
        var output = new StringBuilder();
        foreach (var key in _keys)
        {
            var text = key.Write(value);
            if (text.ToTableText() == key.Write(_default).ToTableText() && string.IsNullOrEmpty(text.Section))
            {
                continue;
            }

            if (text.Scalar is { } scalar)
            {
                output.Append(key.Name).Append(": ").Append(scalar).Append('\n');
            }
            else if (text.Section is { } section)
            {
                output.Append(key.Name).Append(":\n").Append(Indent(section));
            }
            else
            {
                output.Append(key.Name).Append(text.Items.IsEmpty ? ": []\n" : ":\n");
                foreach (var item in text.Items)
                {
                    output.Append("  - ").Append(item).Append('\n');
                }
            }
        }

        return output.ToString();
    }

    private static string Indent(string lines)
    {
        var output = new StringBuilder();
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            output.Append("  ").Append(line).Append('\n');
        }

        return output.ToString();
    }

    private string UnknownKey(PolicyNode name)
    {
        var nearest = NearestName.Find(name.Text!, _keys.Select(k => k.Name));
        return nearest is not null
            ? $"unknown key {name.Describe()}; did you mean '{nearest}'?"
            : $"unknown key {name.Describe()}; keys here are {string.Join(", ", _keys.Select(k => k.Name))}";
    }
}
