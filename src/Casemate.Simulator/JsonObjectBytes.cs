using System.Buffers;
using System.Text.Json;

namespace Casemate.Simulator;

/// <summary>Writes a JSON object as bytes.</summary>
internal static class JsonObjectBytes
{
    /// <summary>The object with the members that an action writes, without white space.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> writeMembers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writeMembers(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
