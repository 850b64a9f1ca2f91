using Casemate.Measurement.Elf;

namespace Casemate.Measurement.Enclave;

/// <summary>What the loaders of enclaves ask of an ELF file.</summary>
internal static class ElfSections
{
    public const ulong PageSize = EnclaveMeasurement.PageSize;

    /// <summary>Reads a file as enclave loaders do: a 64-bit x86 shared object whose section headers are readable.</summary>
    /// <exception cref="EnclaveException">It is none.</exception>
    public static ElfFile Read(ReadOnlyMemory<byte> bytes)
    {
        if (!ElfFile.TryRead(bytes, out var file, out var error))
        {
            throw new EnclaveException(EnclaveError.MalformedElf, ElfException.Describe(error));
        }

        if (file.Header.Type is not ElfFileType.SharedObject || file.Header.Machine != ElfHeader.X86_64)
        {
            throw new EnclaveException(EnclaveError.MalformedElf, "it is not a shared object for x86-64, as enclaves are");
        }

        return file.SectionsError is not ElfError.None and var sections
            ? throw new EnclaveException(EnclaveError.MalformedElf, $"its sections cannot be read: {ElfException.Describe(sections)}")
            : file;
    }

    public static IEnumerable<ElfSegment> Loaded(ElfFile file) => file.Segments.Where(segment => segment.Type is ElfSegmentType.Load);

    /// <summary>The page rights of a segment.</summary>
    public static SecInfoFlags Rights(ElfSegment segment) =>
        (segment.Flags.HasFlag(ElfSegmentFlags.Read) ? SecInfoFlags.Read : SecInfoFlags.None)
        | (segment.Flags.HasFlag(ElfSegmentFlags.Write) ? SecInfoFlags.Write : SecInfoFlags.None)
        | (segment.Flags.HasFlag(ElfSegmentFlags.Execute) ? SecInfoFlags.Execute : SecInfoFlags.None);

    public static ulong PageDown(ulong address) => address & ~(PageSize - 1);

    /// <summary>Rounds up to pages.</summary>
    /// <exception cref="EnclaveException">Beyond the address space.</exception>
    public static ulong PageUp(ulong address) => RoundUp(address, PageSize);

    /// <summary>Rounds up to a multiple.</summary>
    /// <exception cref="EnclaveException">Beyond the address space, or a multiple of nothing.</exception>
    public static ulong RoundUp(ulong value, ulong multiple)
    {
        if (multiple == 0 || value > ulong.MaxValue - (multiple - 1))
        {
            throw EnclaveException.Malformed($"a size or address of 0x{value:x} cannot be rounded up to 0x{multiple:x}");
        }

        return (value + multiple - 1) / multiple * multiple;
    }

    /// <summary>A name for messages that says which segment, and what is in it.</summary>
    public static string Name(ElfFile file, ElfSegment segment)
    {
        var inside = file.Sections
            .Where(section => (section.Flags & 2) != 0 && section.Size > 0
                && section.Address >= segment.Address && section.Address - segment.Address < segment.MemorySize)
            .Select(section => Printable(section.Name)).Take(3).ToList();
        var index = file.Segments.IndexOf(segment);
        return inside.Count == 0 ? $"segment {index}" : $"segment {index} ({string.Join(", ", inside)})";
    }

    /// <summary>What may be shown of a name that a file chose.</summary>
    public static string Printable(string name) =>
        string.Concat(name.Take(40).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+' ? c : '?'));
}
