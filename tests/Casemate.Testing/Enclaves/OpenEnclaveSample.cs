using static Casemate.Testing.Enclaves.LittleEndian;

namespace Casemate.Testing.Enclaves;

/// <summary>An Open Enclave file, unsigned, with the properties that its macro writes.</summary>
public sealed record OpenEnclaveSample
{
    /// <summary>What is in the ELF file beside the kit's part.</summary>
    public EnclaveElf Elf { get; init; } = new();

    /// <summary>Pages of heap.</summary>
    public ulong HeapPages { get; init; } = 5;

    /// <summary>Pages of stack of each thread.</summary>
    public ulong StackPages { get; init; } = 2;

    /// <summary>Threads.</summary>
    public ulong Threads { get; init; } = 2;

    /// <summary>ISVPRODID.</summary>
    public ushort ProductId { get; init; } = 3;

    /// <summary>ISVSVN.</summary>
    public ushort SecurityVersion { get; init; } = 4;

    /// <summary>ATTRIBUTES.FLAGS.</summary>
    public ulong Flags { get; init; } = 4;

    /// <summary>Where a zero-base enclave begins; 0 for others.</summary>
    public ulong StartAddress { get; init; }

    /// <summary>Page faults are reported.</summary>
    public bool CapturesPageFaults { get; init; }

    /// <summary>Variables of the kit that are left out.</summary>
    public string[] Missing { get; init; } = [];

    /// <summary>Writes the file.</summary>
    public byte[] ToBytes()
    {
        string[] variables =
        [
            "_enclave_rva", "_reloc_rva", "_reloc_size", "_tdata_rva", "_tdata_size", "_tdata_align", "_tbss_size", "_tbss_align",
            "_td_from_tcs_offset",
        ];
        return new EnclaveElf
        {
            CodeSize = Elf.CodeSize,
            DataStart = Elf.DataStart,
            DataSize = Elf.DataSize,
            BssSize = Elf.BssSize,
            ThreadData = Elf.ThreadData,
            ThreadZero = Elf.ThreadZero,
            Relocations = Elf.Relocations,
            JumpRelocations = Elf.JumpRelocations,
            Needed = Elf.Needed,
            HasTextRelocations = Elf.HasTextRelocations,
            HasWritableCode = Elf.HasWritableCode,
            Variables = [.. variables.Except(Missing)],
            LoadedSection = (".oeinfo", Properties()),
        }.ToBytes();
    }

    private byte[] Properties() =>
    [
        .. U32(1960), .. U32(1), .. U64(HeapPages), .. U64(StackPages), .. U64(Threads), .. U16(ProductId), .. U16(SecurityVersion),
        .. U32((CapturesPageFaults ? 1UL : 0) | (StartAddress > 0 ? 2UL : 0)), .. new byte[16], .. new byte[16], .. U64(Flags), .. U64(0),
        .. U64(StartAddress), .. new byte[48], .. new byte[1808], .. U64(0xECEC_ECEC_ECEC_ECEC),
    ];
}
