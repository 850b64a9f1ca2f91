using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Casemate.Measurement.Firmware;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// The firmware of a TD: the sections that its metadata describe, and MRTD of a TD that starts with it. Integers are little endian.
/// Source: TDX Virtual Firmware Design Guide 1.01, section 11.
/// </summary>
public sealed partial class Tdvf
{
    /// <summary>The most sections that are read.</summary>
    public const int MaxSections = 64;

    /// <summary>The most memory that a launch may add, in pages of 4096 bytes: 256 MiB.</summary>
    public const int MaxPages = 1 << 16;

    private const int DescriptorSize = 16;
    private const int SectionSize = 32;
    private const uint KnownAttributes = (uint)(TdvfSectionAttributes.Extend | TdvfSectionAttributes.AddedLater);

    private static readonly Guid s_offsetEntry = new("e47a6535-984a-4798-865e-4685a7bf8ec2");
    private static readonly Guid s_descriptor = new("e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae");

    private Tdvf(ImmutableArray<TdvfSection> sections) => Sections = sections;

    /// <summary>The sections in the order of the metadata.</summary>
    public ImmutableArray<TdvfSection> Sections { get; }

    /// <summary>Reads a firmware.</summary>
    /// <param name="firmware">The whole image, at most <see cref="OvmfTable.MaxFirmwareSize"/> bytes; kept, not copied.</param>
    /// <param name="tdvf">The firmware, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> firmware, [NotNullWhen(true)] out Tdvf? tdvf, [NotNullWhen(false)] out string? error)
    {
        tdvf = null;
        if (!OvmfTable.TryRead(firmware, out var table, out error))
        {
            return false;
        }

        if (table.Find(s_offsetEntry) is not { } entry || entry.Length < 4)
        {
            error = "the table of GUIDs does not name TDX metadata: not a firmware for TDX";
            return false;
        }

        var source = firmware.Span;
        var fromEnd = BinaryPrimitives.ReadUInt32LittleEndian(entry.Span);
        if (fromEnd < DescriptorSize || fromEnd > source.Length - 16)
        {
            error = $"the TDX metadata are said to stand {fromEnd} bytes before the end of a firmware of {source.Length} bytes";
            return false;
        }

        var start = source.Length - (int)fromEnd;
        if (new Guid(source.Slice(start - 16, 16)) != s_descriptor || !source[start..].StartsWith("TDVF"u8))
        {
            error = $"there are no TDX metadata at byte {start}";
            return false;
        }

        return TryReadSections(firmware, start, out tdvf, out error);
    }

    private static bool TryReadSections(
        ReadOnlyMemory<byte> firmware, int start, [NotNullWhen(true)] out Tdvf? tdvf, [NotNullWhen(false)] out string? error)
    {
        tdvf = null;
        var source = firmware.Span[start..];
        var (length, version, count) = (UInt32(source, 4), UInt32(source, 8), UInt32(source, 12));
        if (version != 1)
        {
            error = $"TDX metadata of version {version}; version 1 is known";
            return false;
        }

        // The design guide leaves open whether the length counts the GUID before it.
        var exact = DescriptorSize + (SectionSize * (ulong)count);
        if (count is 0 or > MaxSections || (length != exact && length != exact + 16) || exact > (ulong)source.Length)
        {
            error = $"TDX metadata at byte {start}: {count} sections in {length} bytes; 1 to {MaxSections} of {SectionSize} bytes are read";
            return false;
        }

        var sections = ImmutableArray.CreateBuilder<TdvfSection>((int)count);
        var pages = 0UL;
        for (var i = 0; i < count; i++)
        {
            error = ReadSection(firmware, source.Slice(DescriptorSize + (SectionSize * i), SectionSize), i + 1, out var section)
                ?? CheckPlace(sections, section!);
            if (error is not null)
            {
                return false;
            }

            pages += section!.IsAdded ? section.Pages : 0;
            if (pages > MaxPages)
            {
                error = $"TDX metadata, section {i + 1}: more than {MaxPages} pages of 4096 bytes are added at launch";
                return false;
            }

            sections.Add(section);
        }

        tdvf = new Tdvf(sections.MoveToImmutable());
        error = null;
        return true;
    }

    private static string? ReadSection(ReadOnlyMemory<byte> firmware, ReadOnlySpan<byte> source, int number, out TdvfSection? section)
    {
        section = null;
        var (dataOffset, dataSize) = (UInt32(source, 0), UInt32(source, 4));
        var address = BinaryPrimitives.ReadUInt64LittleEndian(source[8..]);
        var memorySize = BinaryPrimitives.ReadUInt64LittleEndian(source[16..]);
        var (type, attributes) = (UInt32(source, 24), UInt32(source, 28));
        var place = $"TDX metadata, section {number}";
        if (type > (uint)TdvfSectionType.TdInfo)
        {
            return $"{place}: type {type} is not known";
        }

        if ((attributes & ~KnownAttributes) != 0)
        {
            return $"{place}: attributes 0x{attributes:x} are not known";
        }

        if (address % MrtdAccumulator.PageSize != 0 || memorySize % MrtdAccumulator.PageSize != 0 || memorySize > ulong.MaxValue - address)
        {
            return $"{place}: 0x{memorySize:x} bytes at 0x{address:x} are not whole pages of an address space";
        }

        if (dataSize > memorySize || dataOffset > (uint)firmware.Length || dataSize > (uint)firmware.Length - dataOffset)
        {
            return $"{place}: {dataSize} bytes at {dataOffset} do not lie in the file, or are more than its memory";
        }

        section = new TdvfSection(
            number, (TdvfSectionType)type, (TdvfSectionAttributes)attributes, address, memorySize / MrtdAccumulator.PageSize,
            firmware.Slice((int)dataOffset, (int)dataSize));
        return null;
    }

    // The TDX module refuses to add a page twice.
    private static string? CheckPlace(IEnumerable<TdvfSection> earlier, TdvfSection section)
    {
        foreach (var other in earlier)
        {
            if (section.Address < other.Address + (other.Pages * MrtdAccumulator.PageSize)
                && other.Address < section.Address + (section.Pages * MrtdAccumulator.PageSize))
            {
                return $"TDX metadata, section {section.Number} at 0x{section.Address:x} overlaps section {other.Number}";
            }
        }

        return null;
    }

    private static uint UInt32(ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(source[offset..]);
}
