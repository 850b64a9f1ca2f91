using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>JSON and YAML text, and changes of documents by path.</summary>
internal static class JsonBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("json.marshal", "*", (c, a) => c.Text(a.ToJson()));
        table.Add("json.marshal_with_options", "*", "o", MarshalWithOptions);
        table.Add("json.unmarshal", "s", (c, a) => Unmarshal(c, ((RegoString)a).Value));
        table.Add("json.is_valid", "*", (_, a) =>
            RegoValue.From(a is RegoString text && RegoValue.TryReadJson(Encoding.UTF8.GetBytes(text.Value), out var _, out var _)));
        table.Add("json.patch", "*", "a", (c, a, b) =>
        {
            c.Step(((RegoArray)b).Count);
            return JsonPatch.Apply(a, (RegoArray)b, out _);
        });
        table.Add("json.remove", "o", "at", (c, a, b) => Remove(c, a, b));
        table.Add("json.filter", "o", "at", (c, a, b) => Filter(c, (RegoObject)a, b));
        table.Add("yaml.marshal", "*", (c, a) => c.Text(YamlValues.Write(a)));
        table.Add("yaml.unmarshal", "s", (c, a) => YamlValues.TryRead(((RegoString)a).Value, out var value, out var error) ? value
            : c.Error($"yaml.unmarshal: {error}"));
        table.Add("yaml.is_valid", "*", (_, a) =>
            RegoValue.From(a is RegoString text && YamlValues.TryRead(text.Value, out var _, out var _, toTheEnd: true)));
    }

    private static RegoValue? Unmarshal(BuiltinContext context, string text)
    {
        context.Charge(text.Length * 8L);
        return RegoValue.TryReadJson(Encoding.UTF8.GetBytes(text), out var value, out var error) ? value
            : context.Error($"json.unmarshal: {error}");
    }

    private static RegoValue? MarshalWithOptions(BuiltinContext context, RegoValue value, RegoValue options)
    {
        var given = (RegoObject)options;
        var (indent, prefix) = ("\t", "");
        var pretty = given.Count > 0;
        foreach (var (key, option) in given)
        {
            switch ((key as RegoString)?.Value, option)
            {
                case ("indent", RegoString text):
                    indent = text.Value;
                    break;
                case ("prefix", RegoString text):
                    prefix = text.Value;
                    break;
                case ("pretty", RegoBoolean yes):
                    pretty = yes.Value;
                    break;
                default:
                    return context.TypeError($"json.marshal_with_options: operand 2 has an unknown key or a value of the wrong type: {key}");
            }
        }

        if (indent.Length + prefix.Length > 1000)
        {
            return context.Error("json.marshal_with_options: indent and prefix are too long");
        }

        return context.Text(pretty ? JsonValues.Indented(value, prefix, indent) : value.ToJson());
    }

    private static RegoValue? Remove(BuiltinContext context, RegoValue document, RegoValue paths)
    {
        // The longest first, so that the removal of a whole does not hide a part; later items of an array before earlier ones.
        var found = new List<List<RegoValue>>();
        foreach (var path in AggregateBuiltins.Items(paths))
        {
            if (JsonPatch.Path(path) is not { } keys)
            {
                return context.TypeError("json.remove: operand 2 must be one of {set, array} containing string paths or array of path segments");
            }

            found.Add(keys);
        }

        foreach (var path in found.OrderByDescending(keys => string.Join('/', keys.Select(IndexText)), StringComparer.Ordinal))
        {
            context.Step(path.Count + 1);
            document = path.Count == 0 ? document : JsonPatch.Remove(document, path, 0) ?? document;
        }

        return document;
    }

    private static string IndexText(RegoValue key)
    {
        var text = JsonValues.KeyText(key);
        return text.Length < 10 && text.All(char.IsAsciiDigit) ? text.PadLeft(10, '0') : text;
    }

    private static RegoValue? Filter(BuiltinContext context, RegoObject document, RegoValue paths)
    {
        var tree = new Wanted();
        foreach (var path in AggregateBuiltins.Items(paths))
        {
            if (JsonPatch.Path(path) is not { } keys)
            {
                return context.TypeError("json.filter: operand 2 must be one of {set, array} containing string paths or array of path segments");
            }

            tree.Add(keys);
            context.Step(keys.Count);
        }

        return tree.Of(document) ?? RegoObject.Empty;
    }

    private sealed class Wanted
    {
        private readonly Dictionary<string, Wanted> _below = new(StringComparer.Ordinal);
        private bool _whole;

        public void Add(List<RegoValue> path)
        {
            var node = this;
            foreach (var key in path)
            {
                var name = JsonValues.KeyText(key);
                if (!node._below.TryGetValue(name, out var next))
                {
                    node._below.Add(name, next = new Wanted());
                }

                node = next;
            }

            node._whole |= path.Count > 0;
        }

        public RegoValue? Of(RegoValue value)
        {
            if (_whole)
            {
                return value;
            }

            switch (value)
            {
                case RegoObject members:
                    var kept = new Dictionary<RegoValue, RegoValue>();
                    foreach (var (key, inner) in members)
                    {
                        if (_below.TryGetValue(JsonValues.KeyText(key), out var next) && next.Of(inner) is { } part)
                        {
                            kept[key] = part;
                        }
                    }

                    return RegoObject.Create(kept);
                case RegoArray array:
                    var items = new List<RegoValue>();
                    for (var i = 0; i < array.Count; i++)
                    {
                        if (_below.TryGetValue(i.ToString(System.Globalization.CultureInfo.InvariantCulture), out var next)
                            && next.Of(array[i]) is { } part)
                        {
                            items.Add(part);
                        }
                    }

                    return RegoArray.Own([.. items]);
                default:
                    return null;
            }
        }
    }
}
