using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Casemate.Primitives.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Casemate.Rego.Builtins;

/// <summary>YAML by its events: no objects are built by type, aliases are refused, depth is bounded.</summary>
internal static class YamlValues
{
    private const int DeepestNesting = 128;

    /// <summary>Reads the first document; those that follow are looked at only when they shall be well-formed too.</summary>
    public static bool TryRead(
        string text, [NotNullWhen(true)] out RegoValue? value, [NotNullWhen(false)] out string? error, bool toTheEnd = false)
    {
        (value, error) = (null, null);
        try
        {
            if (NulCharacter.TryFind(text, out var line, out var column))
            {
                throw new YamlException(new Mark(0, line, column), new Mark(0, line, column), "control characters are not allowed");
            }

            var parser = new YamlDotNet.Core.Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                value = RegoValue.Null;
                return true;
            }

            parser.Consume<DocumentStart>();
            value = Node(parser, 0);
            parser.Consume<DocumentEnd>();
            while (toTheEnd && parser.TryConsume<DocumentStart>(out _))
            {
                _ = Node(parser, 0);
                parser.Consume<DocumentEnd>();
            }

            return true;
        }
        catch (YamlException e)
        {
            error = $"line {e.Start.Line}: {e.Message}";
            value = null;
            return false;
        }
    }

    public static string Write(RegoValue value)
    {
        var text = new StringBuilder();
        Append(text, value, 0, inline: false);
        return text.ToString();
    }

    private static RegoValue Node(IParser parser, int depth)
    {
        if (depth > DeepestNesting)
        {
            throw new YamlException(parser.Current!.Start, parser.Current.End, $"nested deeper than {DeepestNesting} levels");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return Plain(scalar);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<RegoValue>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Node(parser, depth + 1));
            }

            return RegoArray.Own([.. items]);
        }

        if (parser.TryConsume<MappingStart>(out _))
        {
            var members = new Dictionary<RegoValue, RegoValue>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var at = parser.Current!;
                var key = RegoString.Create(JsonValues.KeyText(Node(parser, depth + 1)));
                if (!members.TryAdd(key, Node(parser, depth + 1)))
                {
                    throw new YamlException(at.Start, at.End, "a mapping has the same key twice");
                }
            }

            return RegoObject.Create(members);
        }

        var current = parser.Current!;
        throw new YamlException(current.Start, current.End, "aliases are not accepted");
    }

    private static RegoValue Plain(Scalar scalar)
    {
        if (scalar.Style is not ScalarStyle.Plain)
        {
            return RegoString.Create(scalar.Value);
        }

        switch (scalar.Value)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return RegoValue.Null;
            case "true" or "True" or "TRUE":
                return RegoValue.True;
            case "false" or "False" or "FALSE":
                return RegoValue.False;
        }

        if (RegoNumber.TryParse(scalar.Value, out var number))
        {
            return number;
        }

        return scalar.Value.StartsWith("0x", StringComparison.Ordinal)
            && long.TryParse(scalar.Value.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) && hex >= 0
            ? RegoNumber.Create(hex)
            : RegoString.Create(scalar.Value);
    }

    private static void Append(StringBuilder text, RegoValue value, int indent, bool inline)
    {
        var items = value is RegoArray array ? array.Items : value is RegoSet set ? set.Items : [];
        if (value is RegoObject { Count: > 0 } members)
        {
            for (var i = 0; i < members.Count; i++)
            {
                text.Append(' ', inline && i == 0 ? 0 : indent).Append(Scalar(RegoString.Create(JsonValues.KeyText(members.Keys[i]))))
                    .Append(':');
                Below(text, members.Values[i], indent);
            }
        }
        else if (!items.IsEmpty)
        {
            for (var i = 0; i < items.Length; i++)
            {
                text.Append(' ', inline && i == 0 ? 0 : indent).Append("- ");
                Append(text, items[i], indent + 2, inline: true);
            }
        }
        else
        {
            text.Append(Scalar(value)).Append('\n');
        }
    }

    private static void Below(StringBuilder text, RegoValue value, int indent)
    {
        if (value is RegoObject { Count: > 0 })
        {
            text.Append('\n');
            Append(text, value, indent + 2, inline: false);
        }
        else if (value is RegoArray { Count: > 0 } or RegoSet { Count: > 0 })
        {
            text.Append('\n');
            Append(text, value, indent, inline: false);
        }
        else
        {
            text.Append(' ').Append(Scalar(value)).Append('\n');
        }
    }

    // Text stays plain only where it cannot be read as anything else.
    private static string Scalar(RegoValue value)
    {
        if (value is not RegoString { Value: var text })
        {
            return value.ToJson();
        }

        var plain = text.Length > 0 && char.IsAsciiLetter(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/')
            && text.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain ? text : value.ToJson();
    }
}
