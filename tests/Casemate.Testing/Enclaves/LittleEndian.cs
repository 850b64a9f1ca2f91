using System.Buffers.Binary;

namespace Casemate.Testing.Enclaves;

/// <summary>Numbers as processors of today write them.</summary>
internal static class LittleEndian
{
    public static byte[] U16(ulong value) => Number(value, 2);

    public static byte[] U32(ulong value) => Number(value, 4);

    public static byte[] U64(ulong value) => Number(value, 8);

    private static byte[] Number(ulong value, int size)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..size];
    }
}
