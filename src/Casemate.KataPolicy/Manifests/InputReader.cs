using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using Casemate.KataPolicy.Pods;
using Casemate.Primitives.Text;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Reads ConfigMaps and Secrets.</summary>
internal static class InputReader
{
    public static ConfigMapData? ReadConfigMap(ReadScope scope, ManifestNode node, string path)
    {
        var fields = FieldSet.Of(scope, node, path, node);
        var metadata = WorkloadReader.ReadMetadata(fields);
        if (metadata.Text("name") is not { Length: > 0 } name)
        {
            return null;                                                   // generateName: nobody can refer to it
        }

        var text = fields.TextMap("data");
        var binary = ReadBytes(fields, "binaryData");
        fields.Skip("apiVersion", "kind", "immutable").End(UnknownFields.Warn);
        return new ConfigMapData
        {
            Name = name,
            Namespace = metadata.Text("namespace") is { Length: > 0 } space ? space : null,
            Location = scope.Locate(node),
            Data = text.ToImmutableSortedDictionary(entry => entry.Name, entry => entry.Value, StringComparer.Ordinal),
            BinaryData = binary.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    public static SecretData? ReadSecret(ReadScope scope, ManifestNode node, string path)
    {
        var fields = FieldSet.Of(scope, node, path, node);
        var metadata = WorkloadReader.ReadMetadata(fields);
        if (metadata.Text("name") is not { Length: > 0 } name)
        {
            return null;
        }

        var data = ReadBytes(fields, "data");
        foreach (var entry in fields.TextMap("stringData"))
        {
            data[entry.Name] = [.. Encoding.UTF8.GetBytes(entry.Value)];
        }

        fields.Skip("apiVersion", "kind", "immutable", "type").End(UnknownFields.Warn);
        return new SecretData
        {
            Name = name,
            Namespace = metadata.Text("namespace") is { Length: > 0 } space ? space : null,
            Location = scope.Locate(node),
            Data = data.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    /// <summary>The text of bytes, or null when they are not UTF-8.</summary>
    public static string? TextOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // A message names the key, never the value: it may be a secret.
    private static Dictionary<string, ImmutableArray<byte>> ReadBytes(FieldSet fields, string name)
    {
        var values = new Dictionary<string, ImmutableArray<byte>>(StringComparer.Ordinal);
        foreach (var (key, node, path) in fields.Object(name).All())
        {
            var scalar = node.Resolved;
            if (node.IsNull)
            {
                values[key] = [];
            }
            else if (scalar.Kind is not ManifestNodeKind.Scalar || !TryDecode(scalar.Text, out var bytes))
            {
                fields.Scope.Error(node, path, $"the value of '{ShownText.Of(key)}' is not base64", "Encode it, or use stringData for text.");
            }
            else
            {
                values[key] = bytes;
            }
        }

        return values;
    }

    private static bool TryDecode(string text, out ImmutableArray<byte> bytes)
    {
        bytes = [];
        if (!Base64.IsValid(text))
        {
            return false;
        }

        bytes = [.. Convert.FromBase64String(text)];
        return true;
    }
}
