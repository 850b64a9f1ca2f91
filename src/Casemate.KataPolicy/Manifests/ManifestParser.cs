using Casemate.Primitives.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Casemate.KataPolicy.Manifests;

/// <summary>
/// Text to documents with places. Anchors and aliases are followed within bounds: what a document stands for is counted, not only what
/// it says. Keys are scalars and stand once.
/// </summary>
internal sealed class ManifestParser
{
    private const string TemplateRemedy = "This looks like a template: render it first, as 'helm template' does.";

    private readonly Parser _parser;
    private readonly Dictionary<string, ManifestNode> _anchors = new(StringComparer.Ordinal);

    private ManifestParser(string text) => _parser = new Parser(new StringReader(text));

    /// <summary>Reads every document; an empty one is null.</summary>
    /// <exception cref="ManifestSyntaxException">The text is not YAML, or breaks a bound.</exception>
    public static List<ManifestNode?> Parse(string text)
    {
        if (NulCharacter.TryFind(text, out var line, out var column))
        {
            throw new ManifestSyntaxException(
                line, column, "not YAML: a NUL character (a byte 0) stands here",
                "Remove it, and save the file as UTF-8 text.");
        }

        var reader = new ManifestParser(text);
        try
        {
            return reader.ReadStream();
        }
        catch (ManifestSyntaxException e) when (IsTemplateLine(text, e.Line))
        {
            throw new ManifestSyntaxException(e.Line, e.Column, e.Message, TemplateRemedy);
        }
        catch (YamlException e)
        {
            throw At(e.Start, $"not YAML: {FirstLine(e.Message)}", Hint(text, e.Start));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // YamlDotNet's scanner answers some malformed texts with exceptions of its inner parts.
            throw At(reader._parser.Current?.End ?? Mark.Empty, "not YAML from here on", "");
        }
    }

    private List<ManifestNode?> ReadStream()
    {
        var documents = new List<ManifestNode?>();
        _parser.MoveNext();                                                // to the start of the stream
        _parser.MoveNext();
        while (_parser.Current is DocumentStart start)
        {
            if (documents.Count == ManifestLimits.MaxDocuments)
            {
                throw At(start.Start, $"more than {ManifestLimits.MaxDocuments} documents", "Split the file.");
            }

            _anchors.Clear();
            _parser.MoveNext();
            var root = ReadNode(0);
            documents.Add(root.IsNull ? null : root);
            if (_parser.Current is not DocumentEnd)
            {
                throw At(_parser.Current?.Start ?? Mark.Empty, "the document does not end where it should", "");
            }

            _parser.MoveNext();
        }

        return _parser.Current is StreamEnd
            ? documents
            : throw At(_parser.Current?.Start ?? Mark.Empty, "something stands between documents", "Separate documents with '---'.");
    }

    private ManifestNode ReadNode(int depth)
    {
        var start = _parser.Current ?? throw At(Mark.Empty, "the text ends inside a value", "");
        if (depth > ManifestLimits.MaxDepth)
        {
            throw At(start.Start, $"nested deeper than {ManifestLimits.MaxDepth} levels", "");
        }

        var node = start switch
        {
            AnchorAlias alias => ReadAlias(alias),
            Scalar scalar => ReadScalar(scalar),
            SequenceStart sequence => ReadSequence(sequence, depth),
            MappingStart mapping => ReadMapping(mapping, depth),
            _ => throw At(start.Start, "a value is expected", ""),
        };
        if (node.Nodes > ManifestLimits.MaxNodes || node.Characters > ManifestLimits.MaxCharacters)
        {
            throw At(
                start.Start, $"more than {ManifestLimits.MaxNodes} values or {ManifestLimits.MaxCharacters >> 20} MiB of text with every "
                    + "alias followed", "Write out what the aliases stand for, or split the document.");
        }

        if (node.Height + depth > ManifestLimits.MaxDepth)
        {
            throw At(start.Start, $"nested deeper than {ManifestLimits.MaxDepth} levels with every alias followed", "");
        }

        if (start is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            if (_anchors.Count == ManifestLimits.MaxAnchors)
            {
                throw At(start.Start, $"more than {ManifestLimits.MaxAnchors} anchors", "Write out what they stand for.");
            }

            _anchors[anchored.Anchor.Value] = node;
        }

        return node;
    }

    // An anchor is known once its node is complete, so no alias can stand for something that holds it.
    private ManifestNode ReadAlias(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var target))
        {
            throw At(alias.Start, $"alias *{Shown(alias.Value.Value)} has no anchor before it", "Define it with '&' above, in the same document.");
        }

        _parser.MoveNext();
        return new ManifestNode
        {
            Kind = ManifestNodeKind.Alias,
            Start = (int)alias.Start.Index,
            End = (int)alias.End.Index,
            Line = (int)alias.Start.Line,
            Column = (int)alias.Start.Column,
            Target = target,
            Height = target.Height,
            Nodes = target.Nodes,
            Characters = target.Characters,
        };
    }

    private ManifestNode ReadScalar(Scalar scalar)
    {
        _parser.MoveNext();
        return new ManifestNode
        {
            Kind = ManifestNodeKind.Scalar,
            Start = (int)scalar.Start.Index,
            End = (int)scalar.End.Index,
            Line = (int)scalar.Start.Line,
            Column = (int)scalar.Start.Column,
            Text = scalar.Value,
            Style = scalar.Style,
            Tag = TagOf(scalar),
            IsAnchored = !scalar.Anchor.IsEmpty,
            Characters = scalar.Value.Length,
        };
    }

    private ManifestNode ReadSequence(SequenceStart start, int depth)
    {
        var node = Collection(start, ManifestNodeKind.Sequence, start.Style is SequenceStyle.Flow);
        _parser.MoveNext();
        while (_parser.Current is not SequenceEnd)
        {
            var item = ReadNode(depth + 1);
            node.Items.Add(item);
            Count(node, item);
        }

        node.End = (int)_parser.Current.End.Index;
        _parser.MoveNext();
        return node;
    }

    private ManifestNode ReadMapping(MappingStart start, int depth)
    {
        var node = Collection(start, ManifestNodeKind.Mapping, start.Style is MappingStyle.Flow);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        _parser.MoveNext();
        while (_parser.Current is not MappingEnd)
        {
            var at = _parser.Current?.Start ?? Mark.Empty;
            if (_parser.Current is not Scalar)
            {
                throw At(at, "a key that is no plain word", "Keys of Kubernetes documents are words.");
            }

            var key = ReadNode(depth + 1);
            if (!seen.TryAdd(key.Text, key.Line))
            {
                throw At(at, $"key '{Shown(key.Text)}' appears twice; it stands first in line {seen[key.Text]}", "Remove one of them.");
            }

            var value = ReadNode(depth + 1);
            if (ManifestNode.IsMerge(key) && !IsMergeable(value))
            {
                throw At(at, "'<<' takes an alias of a mapping, or a list of such", "");
            }

            node.Members.Add((key, value));
            Count(node, key);
            Count(node, value);
        }

        node.End = (int)_parser.Current.End.Index;
        _parser.MoveNext();
        return node;
    }

    private static bool IsMergeable(ManifestNode value) => value.Resolved.Kind switch
    {
        ManifestNodeKind.Mapping => true,
        ManifestNodeKind.Sequence => value.Resolved.Items.All(item => item.Resolved.Kind is ManifestNodeKind.Mapping),
        _ => false,
    };

    private static ManifestNode Collection(NodeEvent start, ManifestNodeKind kind, bool isFlow) => new()
    {
        Kind = kind,
        Start = (int)start.Start.Index,
        Line = (int)start.Start.Line,
        Column = (int)start.Start.Column,
        IsFlow = isFlow,
        Tag = TagOf(start),
        IsAnchored = !start.Anchor.IsEmpty,
    };

    private static void Count(ManifestNode node, ManifestNode child)
    {
        node.Nodes += child.Nodes;
        node.Characters += child.Characters;
        node.Height = Math.Max(node.Height, child.Height + 1);
        if (node.Nodes > ManifestLimits.MaxNodes || node.Characters > ManifestLimits.MaxCharacters)
        {
            throw new ManifestSyntaxException(
                child.Line, child.Column, $"more than {ManifestLimits.MaxNodes} values or {ManifestLimits.MaxCharacters >> 20} MiB of text "
                    + "with every alias followed", "Write out what the aliases stand for, or split the document.");
        }
    }

    private static string TagOf(NodeEvent node) => node.Tag.IsEmpty ? "" : node.Tag.Value;

    private static bool IsTemplateLine(string text, int line)
    {
        foreach (var span in text.AsSpan().EnumerateLines())
        {
            if (--line == 0)
            {
                return span.Contains("{{", StringComparison.Ordinal);
            }
        }

        return false;
    }

    private static string Hint(string text, Mark at)
    {
        var from = Math.Clamp((int)at.Index - 200, 0, text.Length);
        var near = text.AsSpan(from, Math.Min(400, text.Length - from));
        return near.Contains("{{", StringComparison.Ordinal) ? TemplateRemedy
            : near.Contains("\t", StringComparison.Ordinal) ? "YAML is indented with spaces; there is a tab nearby." : "";
    }

    internal static string Shown(string text) => ShownText.Of(text);

    private static ManifestSyntaxException At(Mark mark, string problem, string remedy) =>
        new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column), problem, remedy);

    private static string FirstLine(string message)
    {
        var end = message.IndexOfAny(['\n', '\r']);
        return ShownText.Of((end < 0 ? message : message[..end]).TrimEnd('.'));
    }
}
