using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Casemate.Measurement.Elf;

/// <summary>A note: a name, a number that the name gives a meaning, and bytes. Source: System V gABI, "Note Section".</summary>
/// <param name="Name">The owner, without the zero byte at its end, such as <c>GNU</c>.</param>
/// <param name="Type">What the descriptor is, among the notes of this owner.</param>
/// <param name="Descriptor">The content.</param>
public sealed record ElfNote(string Name, uint Type, ReadOnlyMemory<byte> Descriptor)
{
    /// <summary>Reads the notes of a segment or section. Never throws.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="alignment">The alignment of the segment or section: 8 pads to eight bytes, all else to four.</param>
    /// <param name="notes">The notes; empty after an error.</param>
    public static ElfError TryReadAll(ReadOnlyMemory<byte> bytes, ulong alignment, out ImmutableArray<ElfNote> notes)
    {
        notes = [];
        var read = ImmutableArray.CreateBuilder<ElfNote>();
        var padding = alignment == 8 ? 8 : 4;
        for (var at = 0L; at < bytes.Length;)
        {
            var header = bytes.Span[(int)at..];
            if (header.Length < 12)
            {
                return ElfError.MalformedNote;
            }

            if (read.Count == ElfLimits.Notes)
            {
                return ElfError.TooManyEntries;
            }

            long nameSize = BinaryPrimitives.ReadUInt32LittleEndian(header);
            long size = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            var start = Aligned(at + 12 + nameSize, padding);
            if (nameSize > ElfLimits.NameBytes || start > bytes.Length || size > bytes.Length - start)
            {
                return ElfError.MalformedNote;
            }

            if (!ElfStringTable.TryDecode(header.Slice(12, (int)nameSize).TrimEnd((byte)0), out var name))
            {
                return ElfError.InvalidString;
            }

            read.Add(new ElfNote(name, BinaryPrimitives.ReadUInt32LittleEndian(header[8..]), bytes.Slice((int)start, (int)size)));
            at = Aligned(start + size, padding);
        }

        notes = read.DrainToImmutable();
        return ElfError.None;
    }

    private static long Aligned(long offset, int padding) => (offset + padding - 1) / padding * padding;
}
