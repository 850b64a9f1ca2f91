using System.Text.Json.Nodes;

namespace Casemate.Primitives.Toml;

/// <summary>The recursive descent behind <see cref="TomlDocument"/>: lines, keys and tables. Values are in the other part.</summary>
internal sealed partial class TomlReader(string text)
{
    // A table may be opened by one header, extended by dotted keys only inside that header, and never extended once written inline.
    private readonly HashSet<JsonObject> _openedByHeader = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<JsonObject> _madeByDottedKey = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<JsonNode> _closed = new(ReferenceEqualityComparer.Instance);
    private int _at;

    private bool AtEnd => _at >= text.Length;

    private char Current => _at < text.Length ? text[_at] : '\0';

    public JsonObject ReadDocument()
    {
        var root = new JsonObject();
        var table = root;
        while (true)
        {
            SkipBlankLines();
            if (AtEnd)
            {
                return root;
            }

            if (Current == '[')
            {
                table = ReadHeader(root);
            }
            else
            {
                ReadKeyValue(table, depth: 0);
            }

            EndLine();
        }
    }

    private JsonObject ReadHeader(JsonObject root)
    {
        _at++;
        var isArray = Take('[');
        var keys = ReadKey();
        Expect(']');
        if (isArray)
        {
            Expect(']');
        }

        var table = root;
        foreach (var key in keys.Take(keys.Count - 1))
        {
            table = Descend(table, key, byDottedKey: false);
        }

        var last = keys[^1];
        if (isArray)
        {
            if (table[last] is null)
            {
                table[last] = new JsonArray();
            }

            if (table[last] is not JsonArray array || _closed.Contains(array))
            {
                throw Error($"'{last}' is already something else than an array of tables");
            }

            var element = new JsonObject();
            array.Add((JsonNode)element);
            return element;
        }

        if (table[last] is null)
        {
            table[last] = new JsonObject();
        }

        if (table[last] is not JsonObject opened || _closed.Contains(opened) || _madeByDottedKey.Contains(opened)
            || !_openedByHeader.Add(opened))
        {
            throw Error($"table '{last}' is defined twice");
        }

        return opened;
    }

    private void ReadKeyValue(JsonObject table, int depth)
    {
        var keys = ReadKey();
        foreach (var key in keys.Take(keys.Count - 1))
        {
            table = Descend(table, key, byDottedKey: true);
        }

        Expect('=');
        SkipSpaces();
        if (table.ContainsKey(keys[^1]))
        {
            throw Error($"key '{keys[^1]}' is defined twice");
        }

        table[keys[^1]] = ReadValue(depth + 1);
    }

    private JsonObject Descend(JsonObject table, string key, bool byDottedKey)
    {
        switch (table[key])
        {
            case null when !table.ContainsKey(key):
                var made = new JsonObject();
                if (byDottedKey)
                {
                    _madeByDottedKey.Add(made);
                }

                table[key] = made;
                return made;
            case JsonObject existing when !_closed.Contains(existing) && !(byDottedKey && _openedByHeader.Contains(existing)):
                return existing;
            case JsonArray { Count: > 0 } array when !byDottedKey && !_closed.Contains(array) && array[^1] is JsonObject element:
                return element;
            default:
                throw Error($"'{key}' is not a table that can be extended here");
        }
    }

    private List<string> ReadKey()
    {
        var keys = new List<string>();
        do
        {
            SkipSpaces();
            keys.Add(Current switch
            {
                '"' => ReadBasicString(multiLine: false),
                '\'' => ReadLiteralString(multiLine: false),
                _ => ReadBareKey(),
            });
            SkipSpaces();
            if (keys.Count > TomlDocument.MaxDepth)
            {
                throw Error("the key has too many parts");
            }
        }
        while (Take('.'));
        return keys;
    }

    private string ReadBareKey()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '-')
        {
            _at++;
        }

        return _at > start ? text[start.._at] : throw Error("a key is expected");
    }

    private void SkipSpaces()
    {
        while (Current is ' ' or '\t')
        {
            _at++;
        }
    }

    private void SkipBlankLines()
    {
        while (!AtEnd)
        {
            SkipSpaces();
            SkipComment();
            if (!TakeLineEnd())
            {
                return;
            }
        }
    }

    private void SkipComment()
    {
        if (Current != '#' || AtEnd)
        {
            return;
        }

        while (!AtEnd && Current is not ('\n' or '\r'))
        {
            if (IsForbiddenControl(Current))
            {
                throw Error("a control character stands in a comment");
            }

            _at++;
        }
    }

    private void EndLine()
    {
        SkipSpaces();
        SkipComment();
        if (!AtEnd && !TakeLineEnd())
        {
            throw Error("something follows the value");
        }
    }

    private bool TakeLineEnd()
    {
        if (Current == '\r' && _at + 1 < text.Length && text[_at + 1] == '\n')
        {
            _at++;
        }

        return Take('\n');
    }

    private bool Take(char c)
    {
        if (AtEnd || text[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(char c)
    {
        SkipSpaces();
        if (!Take(c))
        {
            throw Error($"'{c}' is expected");
        }
    }

    private static bool IsForbiddenControl(char c) => (c < ' ' && c != '\t') || c == '\x7f';

    private TomlSyntaxException Error(string what) => new($"line {text.AsSpan(0, Math.Min(_at, text.Length)).Count('\n') + 1}: {what}");

    /// <summary>Carries the message out of the recursion; never leaves <see cref="TomlDocument"/>.</summary>
    internal sealed class TomlSyntaxException(string message) : Exception(message);
}
