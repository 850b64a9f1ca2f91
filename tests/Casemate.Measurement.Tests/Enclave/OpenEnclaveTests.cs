using System.Buffers.Binary;
using System.Text;
using Casemate.Measurement.Elf;
using Casemate.Measurement.Enclave;
using Casemate.Testing.Enclaves;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>Open Enclave files: measured as the kit's host loads them.</summary>
public sealed class OpenEnclaveTests : EnclaveTestBase
{
    private static readonly Dictionary<string, OpenEnclaveSample> s_shapes = new()
    {
        ["ordinary"] = new(),
        ["one thread, no heap"] = new() { HeapPages = 0, Threads = 1 },
        ["no thread-local storage"] = new() { Elf = new EnclaveElf { ThreadData = (0, 1), ThreadZero = (0, 1) } },
        ["only zeroed thread-local storage"] = new() { Elf = new EnclaveElf { ThreadData = (0, 1), ThreadZero = (0x1800, 32) } },
        ["pages of thread-local storage"] = new() { Elf = new EnclaveElf { ThreadData = (0x2100, 64), ThreadZero = (0x900, 8) } },
        ["no relocations"] = new() { Elf = new EnclaveElf { Relocations = 0, JumpRelocations = 0 } },
        ["relocations of functions only, which count for nothing"] = new() { Elf = new EnclaveElf { Relocations = 0, JumpRelocations = 3 } },
        ["pages of relocations"] = new() { Elf = new EnclaveElf { Relocations = 300, JumpRelocations = 40 } },
        ["a page exactly of relocations"] = new() { Elf = new EnclaveElf { Relocations = 512, JumpRelocations = 0 } },
        ["data at a page's start, no .bss"] = new() { Elf = new EnclaveElf { DataStart = 0, BssSize = 0, DataSize = 0x1000 } },
        ["a large .bss"] = new() { Elf = new EnclaveElf { BssSize = 0x2_0001 } },
        ["base 0"] = new() { StartAddress = 0x1_0000 },
        ["base 0, far away"] = new() { StartAddress = 0x1000_0000, Threads = 3 },
        ["page faults reported, KSS"] = new() { CapturesPageFaults = true, Flags = 0x84 },
        ["debug"] = new() { Flags = 6 },
        ["without optional variables"] = new() { Missing = ["_tdata_rva", "_tbss_align", "_td_from_tcs_offset"] },
        ["all threads"] = new() { Threads = 32, StackPages = 1, HeapPages = 700 },
    };

    public static TheoryData<string> Shapes => [.. s_shapes.Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task TheMeasurement_IsTheIndependentOne(string shape)
    {
        var signed = Sign(EnclaveSigning.Prepare(s_shapes[shape].ToBytes(), Today));
        var variant = Assert.Single(EnclaveFile.Inspect(signed, Noon).Variants);

        Assert.Equal(MrEnclaveState.Matches, variant.State);
        var (exitCode, measured) = await MeasureIndependently("open-enclave", signed);
        Assert.Equal([Hex(variant.MrEnclave)], measured);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public void TheSignature_IsNotPartOfTheMeasurement()
    {
        var file = new OpenEnclaveSample().ToBytes();
        var unsigned = Assert.Single(EnclaveFile.Inspect(file, Noon).Variants);
        var signed = Assert.Single(EnclaveFile.Inspect(Sign(EnclaveSigning.Prepare(file, Today)), Noon).Variants);

        Assert.Equal(MrEnclaveState.NotSigned, unsigned.State);
        Assert.Equal(Hex(unsigned.MrEnclave), Hex(signed.MrEnclave));
        Assert.Contains(unsigned.Findings, finding => finding is { Id: EnclaveFindingId.NotSigned, Severity: EnclaveFindingSeverity.Error });
    }

    // One bit in each loaded section, in the part of the properties that is not overwritten, in each number that sizes the enclave.
    [Fact]
    public void OneFlippedBit_InAnyMeasuredPart_ChangesTheResult()
    {
        var signed = Sign(EnclaveSigning.Prepare(new OpenEnclaveSample().ToBytes(), Today));
        Assert.True(IsAccepted(() => EnclaveFile.Inspect(signed, Noon)));
        var file = ElfFile.Parse(signed);
        var offsets = file.Sections.Where(section => section.Name is ".dynsym" or ".dynstr" or ".text" or ".data" or ".tdata" or ".dynamic" or ".rela.dyn" or ".rela.plt")
            .SelectMany(section => new[] { section.Offset + (section.Size / 2), section.Offset + section.Size - 1 })
            .Concat<ulong>([24, 64, 72]).ToList();
        _ = file.TryFindSection(".oeinfo", out var properties);
        offsets.AddRange(new ulong[] { 4, 8, 16, 24, 32, 34, 36, 40, 56, 72, 80, 88, 1952 }.Select(at => properties.Offset + at));
        foreach (var offset in offsets)
        {
            // The variables at the start of .data are set by the loader, and half of it is behind them.
            var damaged = (byte[])signed.Clone();
            damaged[offset] ^= 1;
            Assert.False(IsAccepted(() => EnclaveFile.Inspect(damaged, Noon)), $"byte 0x{offset:x}");
        }
    }

    [Fact]
    public void AMismatch_NamesTheFieldThatContradictsTheSignature()
    {
        var signed = Sign(EnclaveSigning.Prepare(new OpenEnclaveSample().ToBytes(), Today));
        _ = ElfFile.Parse(signed).TryFindSection(".oeinfo", out var properties);
        signed[properties.Offset + 34] = 9;

        var report = EnclaveFile.Inspect(signed, Noon);

        Assert.Contains("security version: 0x9 in the file, 0x4 in the signature", Assert.Single(report.Variants).Reason, StringComparison.Ordinal);
        Assert.Equal(EnclaveFindingId.MrEnclaveMismatch, report.AllFindings.First().Id);
    }

    [Fact]
    public void TwoFiles_DifferFirst_WhereTheLoaderSeesIt()
    {
        var a = Layout(new OpenEnclaveSample());
        Assert.Null(a.FirstDifference(Layout(new OpenEnclaveSample())));
        Assert.Contains("size", a.FirstDifference(Layout(new OpenEnclaveSample { HeapPages = 500 }))!.Input, StringComparison.Ordinal);

        var file = new OpenEnclaveSample().ToBytes();
        file[0x2345] ^= 1;
        var difference = a.FirstDifference(Assert.Single(EnclaveFile.Inspect(file, Noon).Variants).Layout!);
        Assert.Contains(".text", difference!.Input, StringComparison.Ordinal);
        Assert.Contains("0x2345", difference.Input, StringComparison.Ordinal);

        static EnclaveLayout Layout(OpenEnclaveSample sample) => Assert.Single(EnclaveFile.Inspect(sample.ToBytes(), Noon).Variants).Layout!;
    }

    [Fact]
    public void TheProtectedMemory_IsAllPagesThatAreAdded()
    {
        var variant = Assert.Single(EnclaveFile.Inspect(new OpenEnclaveSample { HeapPages = 1000, Threads = 1, StackPages = 10 }.ToBytes(), Noon).Variants);
        var other = Assert.Single(EnclaveFile.Inspect(new OpenEnclaveSample { HeapPages = 1001, Threads = 1, StackPages = 10 }.ToBytes(), Noon).Variants);

        Assert.Equal(variant.Epc!.StartBytes + 4096, other.Epc!.StartBytes);
        Assert.Equal(variant.Epc.StartBytes, variant.Epc.MaximumBytes);
        Assert.Equal(variant.Layout!.AddedPages * 4096, variant.Epc.StartBytes);
        Assert.Equal(0UL, variant.Epc.SuggestedBytes % (1 << 20));
        Assert.True(variant.Epc.SuggestedBytes > variant.Epc.MaximumBytes);
    }

    [Theory]
    [InlineData(8, ulong.MaxValue)]
    [InlineData(8, 1UL << 40)]
    [InlineData(8, 1UL << 28)]
    [InlineData(16, ulong.MaxValue)]
    [InlineData(16, 1UL << 20)]
    public void Refuses_EnclavesThatAreTooLarge_AtOnce(int at, ulong pages)
    {
        var file = new OpenEnclaveSample().ToBytes();
        _ = ElfFile.Parse(file).TryFindSection(".oeinfo", out var properties);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan((int)properties.Offset + at), pages);

        var refused = Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(file, Noon, new EnclaveLimits { MaxMeasuredPages = 1 << 10 }));

        Assert.Equal(EnclaveError.LimitExceeded, refused.Error);
        Assert.NotNull(refused.Remedy);
    }

    public static TheoryData<string, OpenEnclaveSample> Broken => new()
    {
        { "33 threads", new() { Threads = 33 } },
        { "_reloc_rva", new() { Missing = ["_reloc_rva"] } },
        { "_enclave_rva", new() { Missing = ["_enclave_rva"] } },
        { "start at", new() { StartAddress = 0x1001 } },
    };

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public void Refuses_WhatTheHostRefuses_AndSaysWhy(string what, OpenEnclaveSample sample)
    {
        var refused = Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(sample.ToBytes(), Noon));
        Assert.Equal(EnclaveError.MalformedEnclave, refused.Error);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AFileWithoutSymbols()
    {
        var file = new OpenEnclaveSample().ToBytes();
        var at = file.AsSpan().IndexOf(".dynsym\0"u8);
        Encoding.ASCII.GetBytes(".nosyms").CopyTo(file, at);
        Assert.Contains(".dynsym", Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(file, Noon)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEnclaveModule_IsNotGuessedAt()
    {
        var file = new OpenEnclaveSample { Elf = new EnclaveElf { Needed = "libmodule.so" } }.ToBytes();
        var variant = Assert.Single(EnclaveFile.Inspect(file, Noon).Variants);

        Assert.Equal(MrEnclaveState.NotRecomputable, variant.State);
        Assert.Contains("libmodule.so", variant.Reason, StringComparison.Ordinal);
        Assert.Equal(EnclaveError.NotRecomputable, Assert.Throws<EnclaveException>(() => EnclaveSigning.Prepare(file, Today)).Error);
    }
}
