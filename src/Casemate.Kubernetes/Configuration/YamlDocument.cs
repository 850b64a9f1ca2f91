using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Casemate.Kubernetes;

/// <summary>
/// Reads one YAML document as JSON: mappings, lists and scalars by the core schema. Aliases and anchors are refused, so that a small
/// file cannot stand for a large one; duplicate keys are refused.
/// </summary>
internal static class YamlDocument
{
    private const int MaxDepth = 32;

    /// <exception cref="KubeConfigurationException">The text is not one such document; the message names line and column.</exception>
    public static JsonNode? Parse(string yaml, string where)
    {
        var parser = new Parser(new StringReader(yaml.StartsWith('\uFEFF') ? yaml[1..] : yaml));
        try
        {
            parser.MoveNext();
            parser.MoveNext();
            if (parser.Current is not DocumentStart)
            {
                return null;
            }

            parser.MoveNext();
            var root = ReadNode(parser, where, 0);
            parser.MoveNext();
            return parser.Current is StreamEnd ? root : throw At(parser.Current!.Start, where, "a second document starts here");
        }
        catch (YamlException exception)
        {
            throw At(exception.Start, where, "not YAML from here on", exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner answers some malformed texts with exceptions of its inner parts.
            throw At(parser.Current?.Start ?? Mark.Empty, where, "not YAML from here on", exception);
        }
    }

    private static JsonNode? ReadNode(Parser parser, string where, int depth)
    {
        var start = parser.Current!;
        switch (start)
        {
            case var _ when depth > MaxDepth:
                throw At(start.Start, where, $"nested deeper than {MaxDepth} levels");
            case AnchorAlias or NodeEvent { Anchor.IsEmpty: false }:
                throw At(start.Start, where, "anchors (&name) and aliases (*name) are not accepted; write the value out");
            case NodeEvent { Tag.IsEmpty: false }:
                throw At(start.Start, where, "tags (!name) are not accepted");
            case Scalar scalar:
                parser.MoveNext();
                return Value(scalar);
            case SequenceStart:
                var list = new JsonArray();
                parser.MoveNext();
                while (parser.Current is not SequenceEnd)
                {
                    list.Add(ReadNode(parser, where, depth + 1));
                }

                parser.MoveNext();
                return list;
            case MappingStart:
                return ReadMapping(parser, where, depth);
            default:
                throw At(start.Start, where, "a value is expected");
        }
    }

    private static JsonObject ReadMapping(Parser parser, string where, int depth)
    {
        var members = new JsonObject();
        parser.MoveNext();
        while (parser.Current is not MappingEnd)
        {
            if (parser.Current is not Scalar { Anchor.IsEmpty: true, Tag.IsEmpty: true } key)
            {
                throw At(parser.Current!.Start, where, "a key is a plain word");
            }

            if (members.ContainsKey(key.Value))
            {
                throw At(key.Start, where, "this key appears twice");
            }

            parser.MoveNext();
            members.Add(key.Value, ReadNode(parser, where, depth + 1));
        }

        parser.MoveNext();
        return members;
    }

    private static JsonNode? Value(Scalar scalar) => scalar.Style is not ScalarStyle.Plain
        ? JsonValue.Create(scalar.Value)
        : scalar.Value switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            var text => JsonValue.Create(text),                             // numbers stay text: nothing here counts
        };

    private static KubeConfigurationException At(Mark mark, string where, string problem, Exception? cause = null) =>
        new($"{where}, line {Math.Max(1, mark.Line)}, column {Math.Max(1, mark.Column)}: {problem}.", cause);
}
