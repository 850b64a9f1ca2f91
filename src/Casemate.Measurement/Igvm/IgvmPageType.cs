namespace Casemate.Measurement.Igvm;

/// <summary>What a page is for. Source: microsoft/igvm, igvm_defs, IgvmPageDataType.</summary>
public enum IgvmPageType : ushort
{
    /// <summary>Memory of the guest.</summary>
    Normal = 0,

    /// <summary>The secrets page of SEV-SNP.</summary>
    Secrets = 1,

    /// <summary>The CPUID page of SEV-SNP.</summary>
    Cpuid = 2,

    /// <summary>The CPUID page for extended features of SEV-SNP.</summary>
    CpuidExtendedFeatures = 3,
}
