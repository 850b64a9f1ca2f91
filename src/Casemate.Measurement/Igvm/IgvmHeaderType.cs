namespace Casemate.Measurement.Igvm;

/// <summary>Types of variable headers. Source: microsoft/igvm, igvm_defs, IgvmVariableHeaderType.</summary>
public enum IgvmHeaderType
{
    /// <summary>A platform that the file is for.</summary>
    SupportedPlatform = 0x1,

    /// <summary>The guest policy.</summary>
    GuestPolicy = 0x101,

    /// <summary>A region that the loader may move.</summary>
    RelocatableRegion = 0x102,

    /// <summary>The page tables of such a region.</summary>
    PageTableRelocationRegion = 0x103,

    /// <summary>A CoRIM document with the expected measurement.</summary>
    CorimDocument = 0x104,

    /// <summary>The signature of that document.</summary>
    CorimSignature = 0x105,

    /// <summary>An area for what the host tells the guest.</summary>
    ParameterArea = 0x301,

    /// <summary>A page.</summary>
    PageData = 0x302,

    /// <summary>Where a parameter area is put; never measured with its contents.</summary>
    ParameterInsert = 0x303,

    /// <summary>The first state of a virtual processor.</summary>
    VpContext = 0x304,

    /// <summary>Memory that must be there.</summary>
    RequiredMemory = 0x305,

    /// <summary>The number of virtual processors, told to the guest.</summary>
    VpCountParameter = 0x307,

    /// <summary>ACPI SRAT, told to the guest.</summary>
    Srat = 0x308,

    /// <summary>ACPI MADT, told to the guest.</summary>
    Madt = 0x309,

    /// <summary>Ranges of device memory, told to the guest.</summary>
    MmioRanges = 0x30a,

    /// <summary>The ID block for SEV-SNP.</summary>
    SnpIdBlock = 0x30b,

    /// <summary>The memory map, told to the guest.</summary>
    MemoryMap = 0x30c,

    /// <summary>Memory for error reports, shared with the host.</summary>
    ErrorRange = 0x30d,

    /// <summary>A command line, told to the guest.</summary>
    CommandLine = 0x30e,

    /// <summary>ACPI SLIT, told to the guest.</summary>
    Slit = 0x30f,

    /// <summary>ACPI PPTT, told to the guest.</summary>
    Pptt = 0x310,

    /// <summary>The expected measurement for VBS.</summary>
    VbsMeasurement = 0x311,

    /// <summary>A device tree, told to the guest.</summary>
    DeviceTree = 0x312,

    /// <summary>Facts about the surroundings, told to the guest.</summary>
    EnvironmentParameter = 0x313,
}
