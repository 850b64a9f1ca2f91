using System.Buffers.Binary;
using System.Globalization;

namespace Casemate.Measurement.Enclave;

/// <summary>An entry of an Intel SDK enclave's layout, or a group, which repeats the entries before it; 32 bytes.</summary>
internal readonly record struct SdkLayoutEntry(
    ushort Id, ushort Attributes, uint PageCount, ulong Offset, uint ContentSize, uint ContentOffset, SecInfoFlags Flags)
{
    public const int Size = 32;

    private const ushort Group = 1 << 12;

    public bool IsGroup => (Id & Group) != 0;

    /// <summary>Of a group: how many entries before it are repeated.</summary>
    public int RepeatedEntries => Attributes;

    /// <summary>Of a group: how often.</summary>
    public uint Times => PageCount;

    /// <summary>Of a group: how far each repetition lies behind the one before.</summary>
    public ulong Step => Offset;

    public bool IsAdded => (Attributes & 1) != 0;

    public bool IsMeasured => (Attributes & 3) == 3;

    /// <summary>Removed again while the enclave starts.</summary>
    public bool IsRemoved => (Attributes & 4) != 0;

    /// <summary>Added while the enclave runs, where the processor can.</summary>
    public bool IsAddedLater => (Attributes & 8) != 0;

    public string Name => (Id & ~Group) switch
    {
        1 => "heap",
        2 => "heap beyond its minimum",
        3 => "heap up to its maximum",
        4 => "TCS",
        5 => "thread data",
        6 => "state save area",
        7 => "stack up to its maximum",
        8 => "stack",
        10 => "guard",
        >= 11 and <= 18 => "dynamic thread or heap",
        >= 20 and <= 22 => "reserved memory",
        23 => "user region",
        var id => string.Create(CultureInfo.InvariantCulture, $"layout entry {id}"),
    };

    public static SdkLayoutEntry Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]),
        (SecInfoFlags)BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
}
