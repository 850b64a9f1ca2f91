using System.Buffers.Binary;
using Casemate.Measurement.Elf;
using Casemate.Testing;

namespace Casemate.Measurement.Tests.Elf;

/// <summary>What is read of an ELF file, and what is refused.</summary>
public sealed class ElfFileTests
{
    private static readonly ElfSample s_sample = new()
    {
        SoName = "libsample.so.1",
        Needed = ["libc.so.6", "libm.so.6"],
        RunPath = "$ORIGIN/../lib",
        Symbols = [('U', "puts", 2), ('D', "run", 1), ('W', "maybe", 0)],
        VersionNeeds = [("libc.so.6", "GLIBC_2.2.5", 2, false), ("libm.so.6", "GLIBC_2.29", 3, true)],
        Note = [1, 2, 3, 4],
    };

    [Fact]
    public void ReadsTheDynamicSegment_WithoutSectionHeaders()
    {
        var file = ElfFile.Parse(s_sample.ToBytes());

        Assert.True(file.TryReadDynamic(out var dynamic, out _));
        Assert.Empty(file.Sections);
        Assert.Equal("libsample.so.1", dynamic.SoName);
        Assert.Equal(["libc.so.6", "libm.so.6"], dynamic.Needed);
        Assert.Equal("$ORIGIN/../lib", dynamic.RunPath);
        Assert.Null(dynamic.RPath);
        Assert.Equal(4, dynamic.Symbols.Count);
        Assert.True(dynamic.Symbols.TryFindDefined("run"u8, out _));
        Assert.False(dynamic.Symbols.TryFindDefined("puts"u8, out _));
        Assert.Equal(2, dynamic.VersionOf(1));
        Assert.Equal(ElfSymbolBinding.Weak, dynamic.Symbols[3].Binding);
    }

    [Fact]
    public void ReadsVersions_ThatAreNeeded()
    {
        Assert.True(ElfFile.Parse(s_sample.ToBytes()).TryReadDynamic(out var dynamic, out _));

        Assert.Equal(["libc.so.6", "libm.so.6"], dynamic.VersionNeeds.Select(need => need.File));
        Assert.Equal(new ElfNeededVersion("GLIBC_2.2.5", 0x09691A75, false, 2), Assert.Single(dynamic.VersionNeeds[0].Versions));
        Assert.True(Assert.Single(dynamic.VersionNeeds[1].Versions).IsWeak);
    }

    [Fact]
    public void ReadsVersions_ThatAreDefined()
    {
        var sample = s_sample with { VersionNeeds = [], VersionDefinitions = ["V1", "V2"] };
        Assert.True(ElfFile.Parse(sample.ToBytes()).TryReadDynamic(out var dynamic, out _));

        Assert.Equal([("libsample.so.1", true), ("V1", false), ("V2", false)], dynamic.VersionDefinitions.Select(v => (v.Name, v.IsBase)));
    }

    [Theory]
    [InlineData(0, false, false)]
    [InlineData(1, true, false)]
    [InlineData(0x800, false, true)]
    public void ReadsFlags_WhichAreClearWhenThereAreNone(ulong flags, bool bindsAtStart, bool hasNoDefaultLibraries)
    {
        Assert.True(ElfFile.Parse((s_sample with { Flags1 = flags }).ToBytes()).TryReadDynamic(out var dynamic, out _));

        Assert.Equal((bindsAtStart, hasNoDefaultLibraries, false), (dynamic.BindsAtStart, dynamic.HasNoDefaultLibraries, dynamic.HasTextRelocations));
    }

    [Fact]
    public void ReadsNotes()
    {
        Assert.Equal(ElfError.None, ElfFile.Parse(s_sample.ToBytes()).TryReadNotes(out var notes));

        var note = Assert.Single(notes);
        Assert.Equal(("Sample", 7u), (note.Name, note.Type));
        Assert.Equal([1, 2, 3, 4], note.Descriptor.ToArray());
    }

    [Fact]
    public void ReadsTheInterpreter() =>
        Assert.Equal("/lib/ld.so", ElfFile.Parse(new ElfSample { Interpreter = "/lib/ld.so" }.ToBytes()).Interpreter);

    [Fact]
    public void FindsASection_ByItsName()
    {
        var file = ElfFile.Parse((s_sample with { Section = (".oeinfo", [9, 8, 7]) }).ToBytes());

        Assert.True(file.TryReadSection(".oeinfo", out var bytes));
        Assert.Equal([9, 8, 7], bytes.ToArray());
        Assert.False(file.TryReadSection(".other", out _));
    }

    [Fact]
    public void ReadsWhatALoaderReads_WhenTheSectionHeadersAreMalformed()
    {
        var bytes = (s_sample with { Section = (".oeinfo", [9]) }).ToBytes();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), ulong.MaxValue - 100);
        var file = ElfFile.Parse(bytes);

        Assert.Empty(file.Sections);
        Assert.Equal(ElfError.OutOfRange, file.SectionsError);
        Assert.True(file.TryReadDynamic(out _, out _));
    }

    [Fact]
    public void Refuses_TextFile() => Assert.Equal(ElfError.NotElf, ErrorOf("#!/bin/sh\n"u8.ToArray()));

    [Fact]
    public void Refuses_HeaderThatIsCutOff() => Assert.Equal(ElfError.Truncated, ErrorOf(s_sample.ToBytes()[..63]));

    [Fact]
    public void Refuses_FileOfAnotherClass() => Assert.Equal(ElfError.UnsupportedClass, ErrorOf((s_sample with { Class = 1 }).ToBytes()));

    [Theory]
    [InlineData(5, 2, ElfError.UnsupportedByteOrder)]
    [InlineData(6, 0, ElfError.UnsupportedVersion)]
    [InlineData(52, 63, ElfError.MalformedHeader)]
    [InlineData(54, 32, ElfError.MalformedHeader)]
    [InlineData(57, 2, ElfError.TooManyEntries)]
    [InlineData(39, 0xFF, ElfError.OutOfRange)]
    [InlineData(64 + 39, 0x80, ElfError.OutOfRange)]
    [InlineData(64 + 15, 0xFF, ElfError.OutOfRange)]
    [InlineData(64 + 48, 3, ElfError.MalformedSegments)]
    public void Refuses_FieldThatCannotBe(int offset, byte value, ElfError expected)
    {
        var bytes = s_sample.ToBytes();
        bytes[offset] = value;
        Assert.Equal(expected, ErrorOf(bytes));
    }

    [Fact]
    public void Refuses_OverlappingLoadedSegments()
    {
        var bytes = s_sample.ToBytes();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(64 + 56), 1);
        Assert.Equal(ElfError.MalformedSegments, ErrorOf(bytes));
    }

    [Fact]
    public void Says_ThatAStaticProgramHasNoDynamicSegment()
    {
        var file = ElfFile.Parse(new ElfSample { Dynamic = false }.ToBytes());
        Assert.False(file.TryReadDynamic(out _, out var error));
        Assert.Equal(ElfError.NoDynamicSegment, error);
    }

    [Fact]
    public void Parse_ThrowsOneException_WithTheReason() =>
        Assert.Equal(ElfError.NotElf, Assert.Throws<ElfException>(() => ElfFile.Parse("no"u8.ToArray())).Error);

    [Fact]
    public void EveryError_HasADescription() =>
        Assert.All(Enum.GetValues<ElfError>(), error => Assert.NotEmpty(ElfException.Describe(error)));

    // The system's own libraries against an independent reader.
    [Theory]
    [InlineData("libc.so.6")]
    [InlineData("libm.so.6")]
    public async Task SystemLibrary_ReadsAsReadelfReadsIt(string name)
    {
        var path = (string[])["/lib/x86_64-linux-gnu/", "/usr/lib64/", "/usr/lib/"];
        var found = path.Select(directory => directory + name).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null || !File.Exists("/usr/bin/readelf"), "no such library, or no readelf, on this machine");
        var file = ElfFile.Parse(File.ReadAllBytes(found!));
        Assert.True(file.TryReadDynamic(out var dynamic, out _));

        var text = (await ChildProgram.RunAsync("readelf", ["-W", "--dyn-syms", "-V", found!])).Output;
        Assert.Contains($"Symbol table '.dynsym' contains {dynamic.Symbols.Count} entries", text, StringComparison.Ordinal);
        Assert.All(dynamic.VersionDefinitions, version => Assert.Contains($"Name: {version.Name}", text, StringComparison.Ordinal));
        Assert.Equal(Count(text, " Rev: 1  Flags: "), dynamic.VersionDefinitions.Length);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static ElfError ErrorOf(byte[] bytes) => ElfFile.TryRead(bytes, out _, out var error) ? ElfError.None : error;
}
