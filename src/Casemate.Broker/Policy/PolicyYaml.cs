using System.Text;
using Casemate.Primitives.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Casemate.Broker;

/// <summary>
/// Reads the YAML of a policy file into plain nodes. Only what a policy needs: one document of mappings, lists and scalars. Anchors,
/// aliases, tags and duplicate keys are refused, so that the file means what a reader sees.
/// </summary>
internal static class PolicyYaml
{
    public const int MaxBytes = 64 * 1024;

    private const int MaxDepth = 8;

    public static PolicyNode Parse(string yaml)
    {
        if (Encoding.UTF8.GetByteCount(yaml) > MaxBytes)
        {
            throw new AppraisalPolicyException(1, 1, $"a policy file has at most {MaxBytes / 1024} KiB");
        }

        if (NulCharacter.TryFind(yaml, out var line, out var column))
        {
            throw new AppraisalPolicyException(line, column, "not YAML: a NUL character (a byte 0) stands here");
        }

        // A byte order mark is no part of the text; editors on Windows write one.
        var parser = new Parser(new StringReader(yaml.StartsWith('\uFEFF') ? yaml[1..] : yaml));
        try
        {
            Expect<StreamStart>(parser);
            parser.MoveNext();
            if (parser.Current is StreamEnd)
            {
                return new PolicyNode(1, 1, "") { Members = [] };
            }

            Expect<DocumentStart>(parser);
            parser.MoveNext();
            var root = ReadNode(parser, "", depth: 0);
            Expect<DocumentEnd>(parser, advance: false);
            parser.MoveNext();
            if (parser.Current is not StreamEnd)
            {
                throw At(parser.Current!.Start, "a second document starts here; a policy file has one");
            }

            // An empty document (only comments) is the policy with every default.
            return root is { IsNull: true } ? new PolicyNode(1, 1, "") { Members = [] } : root;
        }
        catch (YamlException e)
        {
            throw At(e.Start, $"not YAML: {FirstSentence(e.Message)}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner answers some malformed texts with exceptions of its inner parts.
            throw At(parser.Current?.Start ?? Mark.Empty, "not YAML from here on");
        }
    }

    private static PolicyNode ReadNode(Parser parser, string path, int depth)
    {
        var start = parser.Current!;
        if (depth > MaxDepth)
        {
            throw At(start.Start, $"nested deeper than {MaxDepth} levels");
        }

        switch (start)
        {
            case AnchorAlias:
                throw At(start.Start, "aliases (*name) are not accepted; write the value out");
            case NodeEvent { Anchor.IsEmpty: false }:
                throw At(start.Start, "anchors (&name) are not accepted; write the value out");
            case NodeEvent { Tag.IsEmpty: false }:
                throw At(start.Start, "tags (!name) are not accepted");
            case Scalar scalar:
                parser.MoveNext();
                return Node(start, path, text: scalar.Value, isPlain: scalar.Style is ScalarStyle.Plain);
            case SequenceStart:
                return ReadList(parser, start, path, depth);
            case MappingStart:
                return ReadMapping(parser, start, path, depth);
            default:
                throw At(start.Start, "a value is expected");
        }
    }

    private static PolicyNode ReadList(Parser parser, ParsingEvent start, string path, int depth)
    {
        var items = new List<PolicyNode>();
        parser.MoveNext();
        while (parser.Current is not SequenceEnd)
        {
            items.Add(ReadNode(parser, $"{path}[{items.Count}]", depth + 1));
        }

        parser.MoveNext();
        return Node(start, path, items: items);
    }

    private static PolicyNode ReadMapping(Parser parser, ParsingEvent start, string path, int depth)
    {
        var members = new List<(PolicyNode Key, PolicyNode Value)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        parser.MoveNext();
        while (parser.Current is not MappingEnd)
        {
            if (parser.Current is not Scalar)
            {
                throw At(parser.Current!.Start, "a key is a plain word");
            }

            var key = ReadNode(parser, path, depth + 1);
            if (!seen.Add(key.Text!))
            {
                throw key.Error($"key {key.Describe()} appears twice");
            }

            var name = key.Text!.Length <= 64 ? key.Text : key.Text[..64];
            members.Add((key, ReadNode(parser, path.Length == 0 ? name : $"{path}.{name}", depth + 1)));
        }

        parser.MoveNext();
        return Node(start, path, members: members);
    }

    private static PolicyNode Node(
        ParsingEvent at, string path, string? text = null, bool isPlain = false, List<PolicyNode>? items = null,
        List<(PolicyNode Key, PolicyNode Value)>? members = null) =>
        new((int)at.Start.Line, (int)at.Start.Column, path) { Text = text, IsPlain = isPlain, Items = items, Members = members };

    private static void Expect<T>(Parser parser, bool advance = true)
        where T : ParsingEvent
    {
        if (advance && parser.Current is null)
        {
            parser.MoveNext();
        }

        if (parser.Current is not T)
        {
            throw At(parser.Current?.Start ?? Mark.Empty, "not a YAML document");
        }
    }

    private static AppraisalPolicyException At(Mark mark, string problem) =>
        new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column), problem);

    private static string FirstSentence(string message)
    {
        var end = message.IndexOfAny(['\n', '\r']);
        var line = end < 0 ? message : message[..end];
        return line.Length <= 200 ? line : line[..200];
    }
}
