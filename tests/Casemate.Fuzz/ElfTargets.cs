using Casemate.Measurement.Elf;
using Casemate.Testing;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>Programs, libraries and enclaves from images that nobody vouches for.</summary>
public static class ElfTargets
{
    private static readonly ElfSample s_library = new()
    {
        SoName = "libsample.so.1",
        Needed = ["libc.so.6", "libm.so.6"],
        RunPath = "$ORIGIN/../lib:/opt/lib",
        Symbols = [('U', "puts", 2), ('D', "sample_run", 2), ('W', "__gmon_start__", 0)],
        VersionNeeds = [("libc.so.6", "GLIBC_2.2.5", 2, false), ("libm.so.6", "GLIBC_2.29", 3, true)],
        Note = [1, 2, 3, 4],
        Section = (".oeinfo", new byte[40]),
    };

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("elf", File,
        [
            s_library.ToBytes(),
            (s_library with { Section = null, VersionNeeds = [], VersionDefinitions = ["SAMPLE_1", "SAMPLE_2"] }).ToBytes(),
            new ElfSample { Interpreter = "/lib64/ld-linux-x86-64.so.2", RPath = "/a:/b", Flags1 = 0x800 }.ToBytes(),
        ]),
    ];

    private static bool File(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        if (!ElfFile.TryRead(bytes, out var file, out var error))
        {
            Require(error is not ElfError.None, "refused without a reason", input);
            return false;
        }

        var inMemory = 0UL;
        foreach (var segment in file.Segments)
        {
            Require(file.BytesOf(segment).Length == (segment.Type is ElfSegmentType.Null ? 0 : (int)segment.FileSize), "a segment of another size", input);
            if (segment.Type is ElfSegmentType.Load)
            {
                Require(segment.Address >= inMemory, "loaded segments overlap", input);
                inMemory = segment.End;
            }
        }

        foreach (var section in file.Sections)
        {
            Require(file.BytesOf(section).Length <= bytes.Length, "a section longer than the file", input);
        }

        Require(file.SectionsError is ElfError.None || file.Sections.IsEmpty, "sections although they are malformed", input);
        foreach (var name in (string[])[".oeinfo", ".symtab", ".dynsym", ".rela.dyn"])
        {
            if (file.TryReadSymbols(name, out var table) is ElfError.None)
            {
                Names(table, input);
            }

            _ = file.TryReadRelocations(name, out _);
        }

        _ = file.TryReadNotes(out _);
        if (!file.TryReadDynamic(out var dynamic, out error))
        {
            Require(error is not ElfError.None, "refused without a reason", input);
            return false;
        }

        Names(dynamic.Symbols, input);
        for (var i = 0; i < dynamic.Symbols.Count; i++)
        {
            _ = dynamic.VersionOf(i);
        }

        for (var i = 0; i < dynamic.Relocations.Count; i++)
        {
            Require(dynamic.Relocations[i].SymbolIndex is 0 || dynamic.Relocations[i].SymbolIndex < dynamic.Symbols.Count,
                "a relocation against a symbol that is not there", input);
        }

        Require(dynamic.Needed.All(name => name.Length > 0), "a library without a name", input);
        Require(dynamic.VersionNeeds.Sum(need => need.Versions.Length) <= ElfLimits.Versions, "more versions than the limit", input);
        return true;
    }

    private static void Names(ElfSymbolTable table, ReadOnlySpan<byte> input)
    {
        for (var i = 0; i < table.Count; i++)
        {
            Require(!table.TryGetName(table[i], out var name) || name.IndexOf((byte)0) < 0, "a name with a zero byte", input);
        }
    }
}
