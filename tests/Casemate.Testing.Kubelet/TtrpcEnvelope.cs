using Google.Protobuf;

namespace Casemate.Testing.Kubelet;

/// <summary>Envelopes of ttrpc, written and read field by field from the protocol's numbers.</summary>
public static class TtrpcEnvelope
{
    /// <summary>A request: service 1, method 2, payload 3, timeout in nanoseconds 4.</summary>
    public static byte[] Request(string service, string method, byte[] payload, long timeoutNano) => Write(output =>
    {
        output.WriteTag(1, WireFormat.WireType.LengthDelimited);
        output.WriteString(service);
        output.WriteTag(2, WireFormat.WireType.LengthDelimited);
        output.WriteString(method);
        output.WriteTag(3, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(payload));
        output.WriteTag(4, WireFormat.WireType.Varint);
        output.WriteInt64(timeoutNano);
    });

    /// <summary>An answer: status 1 (code 1, message 2), payload 2.</summary>
    public static byte[] Response(byte[] payload, int code = 0, string message = "") => Write(output =>
    {
        if (code != 0)
        {
            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(Write(status =>
            {
                status.WriteTag(1, WireFormat.WireType.Varint);
                status.WriteInt32(code);
                status.WriteTag(2, WireFormat.WireType.LengthDelimited);
                status.WriteString(message);
            })));
        }

        output.WriteTag(2, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(payload));
    });

    /// <summary>Takes an envelope apart: numbers, texts and bytes by field number; of a number given twice, the last.</summary>
    public static IReadOnlyDictionary<int, object> Read(byte[] data)
    {
        var fields = new Dictionary<int, object>();
        var input = new CodedInputStream(data);
        while (input.ReadTag() is not 0 and var tag)
        {
            fields[WireFormat.GetTagFieldNumber(tag)] = WireFormat.GetTagWireType(tag) is WireFormat.WireType.Varint
                ? input.ReadInt64()
                : input.ReadBytes().ToByteArray();
        }

        return fields;
    }

    private static byte[] Write(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(output);
        }

        return bytes.ToArray();
    }
}
