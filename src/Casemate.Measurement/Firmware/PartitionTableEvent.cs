using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Measurement.Firmware;

/// <summary>
/// What firmware measures of a disk's partition table (EV_EFI_GPT_EVENT): the GPT header, the number of partitions, the entries in use.
/// Source: TCG PC Client Platform Firmware Profile 1.06, section 10.2.4 (UEFI_GPT_DATA); UEFI 2.10 section 5.3.
/// </summary>
public static class PartitionTableEvent
{
    /// <summary>How much of a disk is enough for any table that is read here, in bytes.</summary>
    public const int DiskPrefix = 1 << 20;

    private const int SectorSize = 512;
    private const int HeaderSize = 92;
    private const int MaxEntries = 1024;

    /// <summary>Makes the event's data from the first bytes of a disk.</summary>
    /// <param name="disk">The disk's beginning, sectors of 512 bytes: the first MiB is enough.</param>
    /// <param name="data">The data that are hashed, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(ReadOnlySpan<byte> disk, [NotNullWhen(true)] out byte[]? data, [NotNullWhen(false)] out string? error)
    {
        data = null;
        if (disk.Length < 2 * SectorSize || !disk[SectorSize..].StartsWith("EFI PART"u8))
        {
            error = "there is no GUID partition table in the second sector of 512 bytes";
            return false;
        }

        var header = disk.Slice(SectorSize, HeaderSize);
        var entriesSector = BinaryPrimitives.ReadUInt64LittleEndian(header[72..]);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(header[80..]);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(header[84..]);
        if (size is < 128 or > 4096 || count > MaxEntries || entriesSector is < 2 or > DiskPrefix / SectorSize)
        {
            error = $"the partition table has {count} entries of {size} bytes from sector {entriesSector}: more than is read";
            return false;
        }

        var start = (int)entriesSector * SectorSize;
        if (start > disk.Length || count * size > (uint)(disk.Length - start))
        {
            error = $"the partition table's entries end after the {disk.Length} bytes of the disk that are given";
            return false;
        }

        var output = new List<byte>(HeaderSize + 8 + (int)(count * size));
        output.AddRange(header);
        output.AddRange(new byte[8]);
        var used = 0UL;
        for (var i = 0; i < count; i++)
        {
            var entry = disk.Slice(start + (i * (int)size), (int)size);
            if (entry[..16].ContainsAnyExcept((byte)0))
            {
                output.AddRange(entry);
                used++;
            }
        }

        data = [.. output];
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(HeaderSize), used);
        error = null;
        return true;
    }
}
