using System.Buffers.Binary;
using Casemate.Measurement.Elf;
using Casemate.Measurement.Enclave;
using Casemate.Testing.Enclaves;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>Intel SDK enclaves: measured as the kit's runtime loads them, each metadata block by itself.</summary>
public sealed class SdkEnclaveTests : EnclaveTestBase
{
    private static readonly Dictionary<string, SdkEnclaveSample> s_shapes = new()
    {
        ["two blocks"] = new(),
        ["metadata 1.3, which has a page more"] = new() { Versions = [(1, 3)], Elf = new EnclaveElf { DataStart = 0xE10, BssSize = 0x1F00 } },
        ["metadata 1.3, page aligned"] = new() { Versions = [(1, 3)], Elf = new EnclaveElf { DataStart = 0 } },
        ["all versions"] = new() { Versions = [(1, 3), (1, 4), (2, 1), (3, 0)] },
        ["address range"] = new() { Versions = [(13, 0), (11, 4)], EnclaveSize = 0x10_0000 },
        ["one thread"] = new() { MoreThreads = 0 },
        ["relocations in code"] = new() { Elf = new EnclaveElf { HasTextRelocations = true, CodeSize = 0x3800 } },
        ["no .bss, no thread-local storage"] = new()
        {
            Elf = new EnclaveElf { BssSize = 0, ThreadData = (0, 1), ThreadZero = (0, 1), DataStart = 0, DataSize = 0x2000 },
        },
        ["a large .bss"] = new() { Elf = new EnclaveElf { BssSize = 0xC_0001 >> 3 } },
    };

    public static TheoryData<string> Shapes => [.. s_shapes.Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task TheMeasurementOfEachBlock_IsTheIndependentOne(string shape)
    {
        var signed = Sign(EnclaveSigning.Prepare(s_shapes[shape].ToBytes(), Today));
        var variants = EnclaveFile.Inspect(signed, Noon).Variants;

        Assert.Equal(s_shapes[shape].Versions.Length, variants.Count);
        Assert.All(variants, variant => Assert.Equal(MrEnclaveState.Matches, variant.State));
        var (exitCode, measured) = await MeasureIndependently("sdk", signed);
        Assert.Equal(variants.Select(variant => Hex(variant.MrEnclave)), measured);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public void Blocks_MeasureDifferently_BecauseTheirPatchesDo()
    {
        var variants = EnclaveFile.Inspect(new SdkEnclaveSample().ToBytes(), Noon).Variants;

        Assert.NotEqual(Hex(variants[0].MrEnclave), Hex(variants[1].MrEnclave));
        var difference = variants[0].Layout!.FirstDifference(variants[1].Layout!);
        Assert.Contains(".text", difference!.Input, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLimits_AreForAllBlocksTogether()
    {
        var one = new SdkEnclaveSample { Versions = [(1, 4)] }.ToBytes();
        var many = new SdkEnclaveSample { Versions = [(1, 4), (1, 4), (1, 4)] }.ToBytes();
        var layout = EnclaveFile.Inspect(one, Noon).Variants[0].Layout!;
        foreach (var limits in (EnclaveLimits[])[
            new() { MaxMeasuredPages = 2 * layout.MeasuredPages }, new() { MaxAddedPages = 2 * layout.AddedPages }])
        {
            Assert.Single(EnclaveFile.Inspect(one, Noon, limits).Variants);
            Assert.Equal(EnclaveError.LimitExceeded, Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(many, Noon, limits)).Error);
            Assert.Equal(
                EnclaveError.LimitExceeded, Assert.Throws<EnclaveException>(() => EnclaveSigning.Prepare(many, Today, limits)).Error);
        }
    }

    [Fact]
    public void AnUnsignedMeasurement_OfAnotherFile_IsAMismatch()
    {
        var variants = EnclaveFile.Inspect(new SdkEnclaveSample().ToBytes(), Noon).Variants;
        Assert.All(variants, variant => Assert.Equal(MrEnclaveState.Differs, variant.State));
    }

    [Fact]
    public void OneFlippedBit_InAnyMeasuredPart_ChangesTheResult()
    {
        var signed = Sign(EnclaveSigning.Prepare(new SdkEnclaveSample { Versions = [(3, 0)] }.ToBytes(), Today));
        Assert.True(IsAccepted(() => EnclaveFile.Inspect(signed, Noon)));
        var file = ElfFile.Parse(signed);
        _ = file.TryFindSection(".note.sgxmeta", out var note);
        var block = note.Offset + 25;
        ulong Directory(ulong at) => BinaryPrimitives.ReadUInt32LittleEndian(signed.AsSpan((int)(block + at)));
        var (patches, layout) = (block + Directory(1872), block + Directory(1880));
        var offsets = file.Sections.Where(section => section.Name is ".dynsym" or ".dynstr" or ".text" or ".data" or ".tdata" or ".rela.dyn")
            .Select(section => section.Offset + section.Size - 1)
            // Frame size, size; patch: destination, source, size; TCS template; filled pages.
            .Concat<ulong>([block + 24, block + 42, patches, patches + 8, patches + 12, block + 1904 + 16, block + 1904 + 32]);
        var entries = Enumerable.Range(0, 11).Select(i => layout + (ulong)(32 * i)).ToList();
        foreach (var offset in offsets.Concat([
            entries[0] + 2, entries[0] + 4, entries[0] + 9, entries[0] + 24, entries[3] + 17, entries[5] + 16, entries[7] + 20, entries[10] + 4,
            entries[10] + 10]))
        {
            var damaged = (byte[])signed.Clone();
            damaged[offset] ^= 1;
            Assert.False(IsAccepted(() => EnclaveFile.Inspect(damaged, Noon)), $"byte 0x{offset:x}");
        }
    }

    [Fact]
    public void TheProtectedMemory_GrowsByWhatMayComeLater()
    {
        var variant = EnclaveFile.Inspect(new SdkEnclaveSample { LaterHeapPages = 100 }.ToBytes(), Noon).Variants[0];
        Assert.Equal(variant.Epc!.StartBytes + (100 * 4096), variant.Epc.MaximumBytes);
    }

    [Fact]
    public void Refuses_GroupsThatRepeatWithoutEnd_AtOnce()
    {
        var file = new SdkEnclaveSample { Times = uint.MaxValue }.ToBytes();
        Assert.Equal(EnclaveError.LimitExceeded, Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(file, Noon)).Error);
    }

    [Fact]
    public void Refuses_MorePagesThanTheEnclaveHas()
    {
        var file = new SdkEnclaveSample { HeapPages = uint.MaxValue }.ToBytes();
        Assert.Contains("does not fit", Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(file, Noon)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x1800)]
    [InlineData(0)]
    public void Refuses_SizesThatEcreateRefuses(ulong size) => Assert.Contains(
        "powers of two",
        Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(new SdkEnclaveSample { EnclaveSize = size }.ToBytes(), Noon)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Refuses_AHugeEnclave() => Assert.Equal(
        EnclaveError.LimitExceeded,
        Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(new SdkEnclaveSample { EnclaveSize = 1UL << 50 }.ToBytes(), Noon)).Error);

    [Fact]
    public void Refuses_MetadataThatWasNeverWritten()
    {
        var file = new SdkEnclaveSample { Versions = [] }.ToBytes();
        Assert.Contains("never signed", Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(file, Noon)).Message, StringComparison.Ordinal);
    }
}
