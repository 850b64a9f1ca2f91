using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Casemate.KataPolicy.Pods;
using Casemate.Primitives.Text;

namespace Casemate.KataPolicy.Manifests;

/// <summary>
/// One document of a file of Kubernetes YAML or JSON, of any kind and with every field, as the JSON that kubectl would send.
/// </summary>
public sealed class ManifestDocument
{
    private readonly ManifestNode _root;
    private readonly string _file;

    private ManifestDocument(string file, ManifestNode root, ReadOnlyMemory<byte> json) => (_file, _root, Json) = (file, root, json);

    /// <summary>The document as UTF-8 JSON, aliases followed. Numbers are numbers, as YAML 1.1 has them.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Reads every document of a file; empty ones are left out. Never throws on what the file holds.</summary>
    /// <param name="name">The file's name for messages.</param>
    /// <param name="content">The file's bytes: UTF-8, with or without byte order mark.</param>
    /// <param name="documents">The documents in order; empty after an error.</param>
    /// <param name="problem">What is wrong and where; null after success.</param>
    public static bool TryReadAll(
        string name, ReadOnlySpan<byte> content, out IReadOnlyList<ManifestDocument> documents, out PolicyFinding? problem)
    {
        ArgumentNullException.ThrowIfNull(name);
        documents = [];
        problem = null;
        if (content.Length > ManifestLimits.MaxFileBytes)
        {
            problem = Refused(
                name, $"the file has {content.Length} bytes, more than {ManifestLimits.MaxFileBytes >> 20} MiB", "Split it.");
            return false;
        }

        try
        {
            var text = StrictUtf8.GetString(content.StartsWith("\uFEFF"u8) ? content[3..] : content);
            documents =
            [
                .. ManifestParser.Parse(text).OfType<ManifestNode>().Select(root => new ManifestDocument(name, root, ToJson(root))),
            ];
            return true;
        }
        catch (DecoderFallbackException)
        {
            problem = Refused(name, "the file is not UTF-8", "Save it as UTF-8.");
        }
        catch (ManifestSyntaxException e)
        {
            problem = e.ToFinding(name);
        }

        return false;
    }

    /// <summary>The place of a path, such as <c>spec.containers[0].env</c>; the nearest that exists.</summary>
    /// <param name="path">A path of members and positions; a member with dots in it as <c>['a.b/c']</c>.</param>
    public SourceLocation Locate(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var node = ManifestPath.Nearest(_root, path);
        return new SourceLocation(_file, Math.Max(1, node.Line), Math.Max(1, node.Column));
    }

    private static PolicyFinding Refused(string name, string problem, string remedy) =>
        PolicyFinding.Error("", problem, remedy) with { Location = new SourceLocation(name, 1, 1) };

    internal static ReadOnlyMemory<byte> ToJson(ManifestNode root)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, root);
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, ManifestNode node)
    {
        node = node.Resolved;
        switch (node.Kind)
        {
            case ManifestNodeKind.Mapping:
                json.WriteStartObject();
                foreach (var (key, value) in node.EffectiveMembers)
                {
                    json.WritePropertyName(WithoutHalves(key.Text));
                    Write(json, value);
                }

                json.WriteEndObject();
                break;
            case ManifestNodeKind.Sequence:
                json.WriteStartArray();
                foreach (var item in node.Items)
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                WriteScalar(json, node);
                break;
        }
    }

    private static void WriteScalar(Utf8JsonWriter json, ManifestNode scalar)
    {
        switch (scalar.ScalarType)
        {
            case ScalarType.Null:
                json.WriteNullValue();
                break;
            case ScalarType.Boolean:
                json.WriteBooleanValue(PlainScalar.IsTrue(scalar.Text));
                break;

            // 010 is eight and 0x10 sixteen, for kubectl and so for the pod that it sends.
            case ScalarType.Number when PlainScalar.TryReadOtherBase(scalar.Text, out var value):
                json.WriteNumberValue(value);
                break;
            case ScalarType.Number when long.TryParse(
                Digits(scalar), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole):
                json.WriteNumberValue(whole);
                break;
            case ScalarType.Number when decimal.TryParse(
                Digits(scalar), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out var number):
                json.WriteNumberValue(number);
                break;
            case ScalarType.Number or ScalarType.Text:
                json.WriteStringValue(WithoutHalves(scalar.Text));
                break;
            default:
                throw new InvalidOperationException($"{scalar.ScalarType} is no type of a scalar.");
        }
    }

    // YAML 1.1 lets a number be written 1_000.
    private static string Digits(ManifestNode scalar) => scalar.Text.Replace("_", "", StringComparison.Ordinal);

    // YAML can spell half of a surrogate pair, which JSON cannot.
    private static string WithoutHalves(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
