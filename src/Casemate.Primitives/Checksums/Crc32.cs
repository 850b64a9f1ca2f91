namespace Casemate.Primitives.Checksums;

/// <summary>
/// CRC-32 of IEEE 802.3: polynomial 0x04C11DB7, reflected. Own code, because the base library has none and System.IO.Hashing is not among
/// the packages that this project builds from. It finds accidents, and no attacker.
/// </summary>
public static class Crc32
{
    /// <summary>The state before the first byte.</summary>
    public const uint Start = uint.MaxValue;

    private static readonly uint[] s_table = MakeTable();

    /// <summary>The state after more bytes.</summary>
    /// <param name="state"><see cref="Start"/>, or what the last call gave.</param>
    /// <param name="bytes">Any number of bytes.</param>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        foreach (var octet in bytes)
        {
            state = s_table[(byte)(state ^ octet)] ^ (state >> 8);
        }

        return state;
    }

    /// <summary>The checksum.</summary>
    /// <param name="state">The state after the last byte.</param>
    public static uint Finish(uint state) => ~state;

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? (value >> 1) ^ 0xedb88320 : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
