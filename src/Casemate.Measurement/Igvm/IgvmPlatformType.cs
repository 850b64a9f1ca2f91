namespace Casemate.Measurement.Igvm;

/// <summary>Platforms that an IGVM file may be for. Source: microsoft/igvm, igvm_defs, IgvmPlatformType.</summary>
public enum IgvmPlatformType : byte
{
    /// <summary>No isolation, and no measurement.</summary>
    Native = 0,

    /// <summary>Hyper-V's virtualization based security.</summary>
    Vbs = 1,

    /// <summary>AMD SEV-SNP.</summary>
    SevSnp = 2,

    /// <summary>Intel TDX.</summary>
    Tdx = 3,
}
