using System.Buffers.Binary;

namespace Casemate.Node.Nri;

/// <summary>
/// The eight bytes before each piece of data on NRI's socket, which carries two connections of ttrpc; numbers are big-endian
/// (containerd/nri, pkg/net/multiplex).
/// </summary>
/// <param name="Connection">Which connection the data belong to.</param>
/// <param name="Length">Bytes that follow; at most <see cref="MaximumLength"/>.</param>
internal readonly record struct TrunkHeader(uint Connection, int Length)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 8;

    /// <summary>The most data in one piece: the longest message of ttrpc with its header.</summary>
    public const int MaximumLength = 10 + (4 * 1024 * 1024);

    /// <summary>The connection on which the plugin serves.</summary>
    public const uint PluginService = 1;

    /// <summary>The connection on which the runtime serves.</summary>
    public const uint RuntimeService = 2;

    /// <summary>Reads a header.</summary>
    /// <returns>False when there are too few bytes or the length is beyond the limit.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out TrunkHeader header)
    {
        header = default;
        if (bytes.Length < Size || BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) is var length && length > MaximumLength)
        {
            return false;
        }

        header = new TrunkHeader(BinaryPrimitives.ReadUInt32BigEndian(bytes), (int)length);
        return true;
    }

    /// <summary>Writes the header to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Connection);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], (uint)Length);
    }
}
