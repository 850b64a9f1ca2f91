using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Measurement.Firmware;

/// <summary>
/// The table of GUIDs at the end of a firmware of the OVMF family, read in place: the footer stands 32 bytes before the end, entries are
/// read backwards from it, each as data, 16-bit size of the whole entry, GUID. Source: EDK II, OvmfPkg/ResetVector.
/// </summary>
public sealed class OvmfTable
{
    /// <summary>The largest firmware that is read, in bytes.</summary>
    public const int MaxFirmwareSize = 64 << 20;

    private const int BytesAfterFooter = 32;
    private const int EntryHeaderSize = 2 + 16;
    private const int MaxEntries = 64;

    private static readonly Guid s_footer = new("96b582de-1fb2-45f7-baea-a366c55a082d");

    private readonly ImmutableArray<(Guid Id, ReadOnlyMemory<byte> Data)> _entries;

    private OvmfTable(ImmutableArray<(Guid Id, ReadOnlyMemory<byte> Data)> entries) => _entries = entries;

    /// <summary>The GUIDs, from the footer backwards.</summary>
    public IEnumerable<Guid> Ids => _entries.Select(e => e.Id);

    /// <summary>Reads the table.</summary>
    /// <param name="firmware">The whole firmware image; kept, not copied.</param>
    /// <param name="table">The table, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> firmware, [NotNullWhen(true)] out OvmfTable? table, [NotNullWhen(false)] out string? error)
    {
        table = null;
        if (firmware.Length > MaxFirmwareSize)
        {
            error = $"firmware of {firmware.Length} bytes is larger than {MaxFirmwareSize}";
            return false;
        }

        var end = firmware.Length - BytesAfterFooter;
        if (end < EntryHeaderSize || new Guid(firmware.Span[(end - 16)..end]) != s_footer)
        {
            error = $"there is no table of GUIDs {BytesAfterFooter} bytes before the end: not a firmware of the OVMF family";
            return false;
        }

        // The footer's size counts the whole table, itself included.
        int size = BinaryPrimitives.ReadUInt16LittleEndian(firmware.Span[(end - EntryHeaderSize)..]);
        if (size < EntryHeaderSize || size > end)
        {
            error = $"the table of GUIDs says that it has {size} bytes, which is not between {EntryHeaderSize} and {end}";
            return false;
        }

        return TryReadEntries(firmware.Slice(end - size, size - EntryHeaderSize), out table, out error);
    }

    /// <summary>Finds the data of an entry.</summary>
    /// <param name="id">Its GUID.</param>
    /// <returns>The data; null when there is no such entry.</returns>
    public ReadOnlyMemory<byte>? Find(Guid id)
    {
        foreach (var entry in _entries)
        {
            if (entry.Id == id)
            {
                return entry.Data;
            }
        }

        return null;
    }

    private static bool TryReadEntries(
        ReadOnlyMemory<byte> rest, [NotNullWhen(true)] out OvmfTable? table, [NotNullWhen(false)] out string? error)
    {
        table = null;
        var entries = ImmutableArray.CreateBuilder<(Guid, ReadOnlyMemory<byte>)>();
        var seen = new HashSet<Guid>();
        while (!rest.IsEmpty)
        {
            if (entries.Count == MaxEntries)
            {
                error = $"the table of GUIDs has more than {MaxEntries} entries";
                return false;
            }

            var number = entries.Count + 1;
            if (rest.Length < EntryHeaderSize)
            {
                error = $"the table of GUIDs: entry {number} from the end is cut off";
                return false;
            }

            int size = BinaryPrimitives.ReadUInt16LittleEndian(rest.Span[^EntryHeaderSize..]);
            if (size < EntryHeaderSize || size > rest.Length)
            {
                error = $"the table of GUIDs: entry {number} from the end says that it has {size} bytes, {rest.Length} are left";
                return false;
            }

            var id = new Guid(rest.Span[^16..]);
            if (!seen.Add(id))
            {
                error = $"the table of GUIDs: entry {number} from the end repeats {id}";
                return false;
            }

            entries.Add((id, rest[^size..^EntryHeaderSize]));
            rest = rest[..^size];
        }

        table = new OvmfTable(entries.ToImmutable());
        error = null;
        return true;
    }
}
