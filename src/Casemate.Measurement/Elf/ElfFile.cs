using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Casemate.Measurement.Elf;

/// <summary>
/// A 64-bit little-endian ELF file, read in place: nothing is copied but names. Header and program headers are checked as a whole when
/// the file is read, since every loader needs them; sections and the dynamic segment are checked when they are asked for.
/// Source: System V gABI; x86-64 psABI.
/// </summary>
public sealed partial class ElfFile
{
    private ElfFile(ReadOnlyMemory<byte> bytes, ElfHeader header, ImmutableArray<ElfSegment> segments)
    {
        Bytes = bytes;
        Header = header;
        Segments = segments;
    }

    /// <summary>The whole file.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The header.</summary>
    public ElfHeader Header { get; }

    /// <summary>The program headers in the order of the file, at most <see cref="ElfLimits.Segments"/>.</summary>
    public ImmutableArray<ElfSegment> Segments { get; }

    /// <summary>The path of the dynamic loader (PT_INTERP); null when the file names none, as libraries and static programs do.</summary>
    public string? Interpreter { get; private set; }

    /// <summary>The template of thread-local storage (PT_TLS); null when there is none.</summary>
    public ElfSegment? ThreadLocalStorage => Find(ElfSegmentType.ThreadLocalStorage);

    /// <summary>Whether there is a dynamic segment, so that <see cref="TryReadDynamic"/> has something to read.</summary>
    public bool IsDynamic => Find(ElfSegmentType.Dynamic) is not null;

    /// <summary>Reads a file. Never throws.</summary>
    /// <param name="bytes">The whole file; kept, not copied.</param>
    /// <param name="file">The file; null after false.</param>
    /// <param name="error">What is wrong; <see cref="ElfError.None"/> after true.</param>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ElfFile? file, out ElfError error)
    {
        file = null;
        error = ElfHeader.TryRead(bytes.Span, out var header);
        if (error is not ElfError.None)
        {
            return false;
        }

        error = ReadSegments(bytes.Span, header, out var segments);
        if (error is not ElfError.None)
        {
            return false;
        }

        var read = new ElfFile(bytes, header, segments);
        if (read.Find(ElfSegmentType.Interpreter) is { } interpreter)
        {
            if (!new ElfStringTable(read.BytesOf(interpreter)).TryGetText(0, out var path) || path.Length == 0)
            {
                error = ElfError.InvalidString;
                return false;
            }

            read.Interpreter = path;
        }

        file = read;
        return true;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ElfException">It is not one that can be worked with; the exception says why.</exception>
    public static ElfFile Parse(ReadOnlyMemory<byte> bytes) => TryRead(bytes, out var file, out var error) ? file : throw new ElfException(error);

    /// <summary>The first segment of a type; null when there is none.</summary>
    public ElfSegment? Find(ElfSegmentType type)
    {
        foreach (var segment in Segments)
        {
            if (segment.Type == type)
            {
                return segment;
            }
        }

        return null;
    }

    /// <summary>What the file holds of a segment of this file; empty for one without bytes and for an unused header.</summary>
    /// <param name="segment">One of <see cref="Segments"/>.</param>
    public ReadOnlyMemory<byte> BytesOf(ElfSegment segment) =>
        segment.FileSize == 0 || segment.Type is ElfSegmentType.Null ? default : Bytes.Slice((int)segment.Offset, (int)segment.FileSize);

    /// <summary>What the file holds at an address in memory. Never throws.</summary>
    /// <param name="address">Relative to where the file is loaded.</param>
    /// <param name="size">In bytes.</param>
    /// <param name="bytes">Exactly so many bytes; empty after false.</param>
    /// <returns>False when no loaded segment holds all of it in the file.</returns>
    public bool TryMap(ulong address, ulong size, out ReadOnlyMemory<byte> bytes)
    {
        if (TryMapRest(address, out bytes) && size <= (ulong)bytes.Length)
        {
            bytes = bytes[..(int)size];
            return true;
        }

        bytes = default;
        return false;
    }

    /// <summary>What the file holds from an address in memory to the end of its segment. Never throws.</summary>
    /// <param name="address">Relative to where the file is loaded.</param>
    /// <param name="bytes">The bytes; empty after false.</param>
    /// <returns>False when no loaded segment holds this address in the file.</returns>
    public bool TryMapRest(ulong address, out ReadOnlyMemory<byte> bytes)
    {
        foreach (var segment in Segments)
        {
            if (segment.Type is ElfSegmentType.Load && address >= segment.Address && address - segment.Address < segment.FileSize)
            {
                bytes = BytesOf(segment)[(int)(address - segment.Address)..];
                return true;
            }
        }

        bytes = default;
        return false;
    }

    /// <summary>Reads the dynamic segment. Needs no section headers. Never throws.</summary>
    /// <param name="dynamic">What it says; null after false.</param>
    /// <param name="error"><see cref="ElfError.NoDynamicSegment"/> when there is none, or what is wrong with it.</param>
    public bool TryReadDynamic([NotNullWhen(true)] out ElfDynamic? dynamic, out ElfError error)
    {
        error = ElfDynamic.TryRead(this, out dynamic);
        return error is ElfError.None;
    }

    /// <summary>Reads the notes of every PT_NOTE segment. Never throws.</summary>
    /// <param name="notes">The notes; empty after an error.</param>
    public ElfError TryReadNotes(out ImmutableArray<ElfNote> notes)
    {
        notes = [];
        var all = ImmutableArray.CreateBuilder<ElfNote>();
        foreach (var segment in Segments.Where(segment => segment.Type is ElfSegmentType.Note))
        {
            if (ElfNote.TryReadAll(BytesOf(segment), segment.Alignment, out var some) is not ElfError.None and var error)
            {
                return error;
            }

            all.AddRange(some);
        }

        notes = all.ToImmutable();
        return ElfError.None;
    }

    private static ElfError ReadSegments(ReadOnlySpan<byte> file, ElfHeader header, out ImmutableArray<ElfSegment> segments)
    {
        segments = [];
        if (header.SegmentCount > ElfLimits.Segments)
        {
            return ElfError.TooManyEntries;
        }

        if (!IsInside(header.SegmentTableOffset, (ulong)header.SegmentCount * ElfSegment.HeaderSize, file.Length))
        {
            return ElfError.OutOfRange;
        }

        var read = ImmutableArray.CreateBuilder<ElfSegment>(header.SegmentCount);
        var end = 0UL;
        for (var i = 0; i < header.SegmentCount; i++)
        {
            var segment = ElfSegment.Read(file[((int)header.SegmentTableOffset + (i * ElfSegment.HeaderSize))..]);
            read.Add(segment);
            if (segment.Type is ElfSegmentType.Null)
            {
                continue;
            }

            if ((segment.FileSize > 0 && !IsInside(segment.Offset, segment.FileSize, file.Length)) || segment.Address > ulong.MaxValue - segment.MemorySize)
            {
                return ElfError.OutOfRange;
            }

            if (segment.Alignment > 1 && !BitOperations.IsPow2(segment.Alignment))
            {
                return ElfError.MalformedSegments;
            }

            if (segment.Type is ElfSegmentType.Load)
            {
                if (segment.FileSize > segment.MemorySize || segment.Address < end)
                {
                    return ElfError.MalformedSegments;
                }

                end = segment.End;
            }
        }

        segments = read.DrainToImmutable();
        return ElfError.None;
    }

    private static bool IsInside(ulong offset, ulong size, int length) => offset <= (ulong)length && size <= (ulong)length - offset;
}
