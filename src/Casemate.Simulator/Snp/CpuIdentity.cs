using Casemate.Attestation.Snp;

namespace Casemate.Simulator.Snp;

/// <summary>CPUID family, model and stepping with the extended parts added in, as reports from version 3 on carry them.</summary>
/// <param name="Family">0x19 or 0x1A.</param>
/// <param name="Model">Names the product line within the family.</param>
/// <param name="Stepping">Stepping.</param>
public readonly record struct CpuIdentity(byte Family, byte Model, byte Stepping)
{
    /// <summary>The processor that is simulated for a product line.</summary>
    public static CpuIdentity Of(SnpProduct product) => product switch
    {
        SnpProduct.Milan => new CpuIdentity(0x19, 0x01, 1),
        SnpProduct.Genoa => new CpuIdentity(0x19, 0x11, 1),
        SnpProduct.Turin => new CpuIdentity(0x1A, 0x02, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(product), product, "Unknown product line."),
    };
}
