using System.Globalization;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Casemate.Cli.Output;

/// <summary>Writes a JSON document as YAML with the same content, member for member.</summary>
internal static class YamlText
{
    /// <summary>Converts one JSON document of our own making.</summary>
    public static string FromJson(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text);
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, document.RootElement);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());

        // The emitter ends a document in an empty list or object without a line break.
        var yaml = text.ToString();
        return Escaped(yaml.EndsWith('\n') ? yaml : yaml + '\n');
    }

    // The emitter takes characters that turn the direction of writing for printable ones. They stand between double quotes alone, where an
    // escape means the same.
    private static string Escaped(string yaml)
    {
        if (!yaml.Any(c => c is not '\n' && UnseenCharacter.Is(c)))
        {
            return yaml;
        }

        var escaped = new StringBuilder(yaml.Length + 64);
        foreach (var c in yaml)
        {
            _ = c is not '\n' && UnseenCharacter.Is(c)
                ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}") : escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static void Emit(Emitter emitter, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block));
                foreach (var member in element.EnumerateObject())
                {
                    emitter.Emit(member.Name.Any(UnseenCharacter.Is)
                        ? new Scalar(AnchorName.Empty, TagName.Empty, member.Name, ScalarStyle.DoubleQuoted, false, true) : new Scalar(member.Name));
                    Emit(emitter, member.Value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonValueKind.Array:
                var style = element.GetArrayLength() == 0 ? SequenceStyle.Flow : SequenceStyle.Block;
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, style));
                foreach (var item in element.EnumerateArray())
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValueKind.String:
                // Quoted always: hex such as 0e12 or a date must stay text for every YAML reader.
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, element.GetString()!, ScalarStyle.DoubleQuoted, false, true));
                break;
            default:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, element.GetRawText(), ScalarStyle.Plain, true, false));
                break;
        }
    }
}
