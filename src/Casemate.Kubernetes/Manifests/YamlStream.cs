using System.Text.Json.Nodes;
using Casemate.Primitives.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Casemate.Kubernetes;

/// <summary>
/// The documents of a YAML text as JSON. Anchors and aliases are followed, and what they stand for is counted; <c>&lt;&lt;</c> merges;
/// of the tags only those of JSON's own types are taken.
/// </summary>
internal sealed class YamlStream(string text, string where)
{
    private const string TagPrefix = "tag:yaml.org,2002:";
    private const long MaxExpandedCharacters = 2L * ManifestReader.MaxCharacters;

    private readonly Parser _parser = new(new StringReader(text.StartsWith('\uFEFF') ? text[1..] : text));
    private readonly Dictionary<string, (JsonNode? Value, Size Size)> _anchors = new(StringComparer.Ordinal);
    private Size _total;

    /// <summary>What a value costs: values, characters, and how deep it goes.</summary>
    private readonly record struct Size(long Values, long Characters, int Height)
    {
        public Size With(Size child) =>
            new(Values + child.Values, Characters + child.Characters, Math.Max(Height, child.Height + 1));
    }

    /// <exception cref="ManifestException">The text is not YAML, or breaks a bound.</exception>
    public List<(int Line, JsonNode Document)> Read()
    {
        if (NulCharacter.TryFind(text, out var line, out var column))
        {
            throw new ManifestException(where, line, column, "not YAML: a NUL character (a byte 0) stands here");
        }

        try
        {
            return ReadDocuments();
        }
        catch (YamlException exception)
        {
            var message = exception.Message;
            var end = message.AsSpan().IndexOfAny('\r', '\n');
            throw At(
                exception.End, $"not YAML: {StatusAnswer.Clean(end < 0 ? message : message[..end]).TrimEnd('.')}"
                    + (Near(exception.End, "\t") ? "; indent with spaces, not tabs" : ""), exception);
        }
        catch (Exception exception) when (
            exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // YamlDotNet's scanner answers some malformed texts with exceptions of its inner parts.
            throw At(_parser.Current?.Start ?? Mark.Empty, "not YAML from here on", exception);
        }
    }

    private List<(int Line, JsonNode Document)> ReadDocuments()
    {
        var documents = new List<(int, JsonNode)>();
        _parser.MoveNext();                                                // to the start of the stream
        _parser.MoveNext();
        for (var count = 1; _parser.Current is DocumentStart start; count++)
        {
            if (count > ManifestReader.MaxDocuments)
            {
                throw At(start.Start, $"more than {ManifestReader.MaxDocuments} documents; split the file");
            }

            _anchors.Clear();
            _parser.MoveNext();
            var line = (int)Math.Max(1, _parser.Current!.Start.Line);
            var (root, _) = ReadNode(0);
            if (root is not null)
            {
                documents.Add((line, root));
            }

            if (_parser.Current is not DocumentEnd)
            {
                throw At(_parser.Current?.Start ?? Mark.Empty, "the document does not end where it should");
            }

            _parser.MoveNext();
        }

        return _parser.Current is StreamEnd
            ? documents
            : throw At(_parser.Current?.Start ?? Mark.Empty, "something stands between documents; separate them with '---'");
    }

    private (JsonNode? Value, Size Size) ReadNode(int depth)
    {
        var start = _parser.Current ?? throw At(Mark.Empty, "the text ends inside a value");
        if (depth > KubeObject.MaxDepth - 1)
        {
            throw At(start.Start, $"nested deeper than {KubeObject.MaxDepth} levels");
        }

        if (start is AnchorAlias alias)
        {
            return ReadAlias(alias, depth);
        }

        var tag = start is NodeEvent { Tag.IsEmpty: false } tagged ? tagged.Tag.Value : "";
        if (tag.Length > 0 && !IsKnown(tag, start))
        {
            throw At(start.Start, $"the tag {StatusAnswer.Clean(tag)} is not accepted; write the value without it");
        }

        var anchor = start is NodeEvent { Anchor.IsEmpty: false } anchored ? anchored.Anchor.Value : null;
        var (value, size) = start switch
        {
            Scalar scalar => ReadScalar(scalar, tag),
            SequenceStart => ReadSequence(depth),
            MappingStart => ReadMapping(depth),
            _ => throw At(start.Start, "a value is expected"),
        };
        if (anchor is not null)
        {
            if (_anchors.Count == ManifestReader.MaxAnchors && !_anchors.ContainsKey(anchor))
            {
                throw At(start.Start, $"more than {ManifestReader.MaxAnchors} anchors; write out what they stand for");
            }

            // Known once its value is complete, so no alias can stand for something that holds it.
            _anchors[anchor] = (value?.DeepClone(), size);
        }

        return (value, size);
    }

    private (JsonNode? Value, Size Size) ReadAlias(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var target))
        {
            throw At(alias.Start, $"the alias *{StatusAnswer.Clean(alias.Value.Value)} has no anchor before it in this document");
        }

        if (depth + target.Size.Height > KubeObject.MaxDepth - 1)
        {
            throw At(alias.Start, $"nested deeper than {KubeObject.MaxDepth} levels with the alias followed");
        }

        // Before the copy is made.
        Count(alias, target.Size);
        _parser.MoveNext();
        return (target.Value?.DeepClone(), target.Size);
    }

    private (JsonNode? Value, Size Size) ReadScalar(Scalar scalar, string tag)
    {
        var size = new Size(1, scalar.Value.Length, 0);
        Count(scalar, size);
        var isText = tag == TagPrefix + "str" || tag == "!" || (tag.Length == 0 && scalar.Style is not ScalarStyle.Plain);
        JsonNode? value = null;
        if (isText)
        {
            value = JsonValue.Create(scalar.Value);
        }
        else if (!YamlScalar.TryResolve(scalar.Value, out value, out var problem))
        {
            throw At(scalar.Start, problem);
        }

        _parser.MoveNext();
        return (value, size);
    }

    private (JsonNode? Value, Size Size) ReadSequence(int depth)
    {
        var (list, size) = (new JsonArray(), new Size(1, 0, 0));
        Count(_parser.Current!, size);
        _parser.MoveNext();
        while (_parser.Current is not SequenceEnd)
        {
            var (item, cost) = ReadNode(depth + 1);
            list.Add(item);
            size = size.With(cost);
        }

        _parser.MoveNext();
        return (list, size);
    }

    private (JsonNode? Value, Size Size) ReadMapping(int depth)
    {
        var (members, merged, size) = (new JsonObject(), new List<JsonObject>(), new Size(1, 0, 0));
        Count(_parser.Current!, size);
        _parser.MoveNext();
        while (_parser.Current is not MappingEnd)
        {
            if (_parser.Current is not Scalar key)
            {
                throw At(_parser.Current?.Start ?? Mark.Empty, "a key is a word, not a list, a mapping or an alias");
            }

            var cost = new Size(1, key.Value.Length, 0);
            Count(key, cost);
            size = size.With(cost);
            _parser.MoveNext();
            var (value, inner) = ReadNode(depth + 1);
            size = size.With(inner);
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                AddMerged(key, value, merged);
            }
            else if (!members.TryAdd(key.Value, value))
            {
                throw At(key.Start, $"the key {StatusAnswer.Clean(key.Value)} appears twice");
            }
        }

        foreach (var (name, value) in merged.SelectMany(one => one).Where(one => !members.ContainsKey(one.Key)).ToList())
        {
            members.TryAdd(name, value?.DeepClone());
        }

        _parser.MoveNext();
        return (members, size);
    }

    private void AddMerged(Scalar key, JsonNode? value, List<JsonObject> merged)
    {
        var all = value is JsonArray list ? list.ToList() : [value];
        foreach (var one in all)
        {
            merged.Add(one as JsonObject ?? throw At(key.Start, "'<<' takes a mapping, or a list of them"));
        }
    }

    private void Count(ParsingEvent at, Size more)
    {
        _total = new Size(_total.Values + more.Values, _total.Characters + more.Characters, 0);
        if (_total.Values > ManifestReader.MaxValues || _total.Characters > MaxExpandedCharacters)
        {
            throw At(
                at.Start, $"more than {ManifestReader.MaxValues} values or {MaxExpandedCharacters >> 20} Mi characters with every alias "
                    + "followed; split the file");
        }
    }

    private static bool IsKnown(string tag, ParsingEvent start) => start switch
    {
        Scalar => tag is "!" || (tag.StartsWith(TagPrefix, StringComparison.Ordinal)
            && tag[TagPrefix.Length..] is "str" or "int" or "float" or "bool" or "null"),
        SequenceStart => tag == TagPrefix + "seq",
        MappingStart => tag == TagPrefix + "map",
        _ => false,
    };

    private bool Near(Mark at, string what)
    {
        var from = (int)Math.Clamp(at.Index - 200, 0, text.Length);
        return text.AsSpan(from, Math.Min(400, text.Length - from)).Contains(what, StringComparison.Ordinal);
    }

    private ManifestException At(Mark mark, string problem, Exception? cause = null) =>
        new(where, Math.Max(1, mark.Line), Math.Max(1, mark.Column),
            Near(mark, "{{") ? $"{problem}; this looks like a template: render it first, as 'helm template' does" : problem, cause);
}
