using System.Buffers;
using System.Text.Json;

namespace Casemate.Admission;

/// <summary>Writes the patch as a JSON Patch document (RFC 6902).</summary>
public static class PatchDocument
{
    /// <summary>Writes the array of operations.</summary>
    /// <param name="patch">The operations.</param>
    /// <param name="destination">Gets UTF-8.</param>
    public static void Write(IReadOnlyList<PatchOperation> patch, IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(patch);
        using var json = new Utf8JsonWriter(destination);
        json.WriteStartArray();
        foreach (var operation in patch)
        {
            json.WriteStartObject();
            json.WriteString("op"u8, operation.Verb switch
            {
                PatchVerb.Add => "add"u8,
                PatchVerb.Remove => "remove"u8,
                _ => throw new InvalidOperationException($"{operation.Verb} is no operation."),
            });
            json.WriteString("path"u8, operation.Path);
            if (operation.Value is { } value)
            {
                json.WritePropertyName("value"u8);
                json.WriteRawValue(value, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
