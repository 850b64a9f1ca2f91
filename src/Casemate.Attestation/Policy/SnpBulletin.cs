using System.Collections.Immutable;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation.Policy;

/// <summary>
/// The TCB that a security bulletin of AMD asks for. AMD publishes no service that says what is up to date, as Intel does; its bulletins
/// are the next best thing.
/// </summary>
public sealed record SnpBulletin
{
    private SnpBulletin(string name, ImmutableSortedDictionary<SnpProduct, SnpTcb> floors) => (Name, Floors) = (name, floors);

    /// <summary>
    /// AMD-SB-3019 (February 2025): loading of microcode whose signature was forged. SEV-SNP firmware with security version 0x18 on
    /// Milan and 0x17 on Genoa refuses it.
    /// </summary>
    public static SnpBulletin Sb3019 { get; } = new(
        "AMD-SB-3019",
        ImmutableSortedDictionary<SnpProduct, SnpTcb>.Empty
            .Add(SnpProduct.Milan, new SnpTcb(null, 0, 0, 0x18, 0))
            .Add(SnpProduct.Genoa, new SnpTcb(null, 0, 0, 0x17, 0)));

    /// <summary>Every bulletin that is known by name.</summary>
    public static ImmutableArray<SnpBulletin> Known { get; } = [Sb3019];

    /// <summary>AMD's name, such as <c>AMD-SB-3019</c>.</summary>
    public string Name { get; }

    /// <summary>By product line the lowest reported TCB, component by component; a component of 0 is not asked for.</summary>
    public ImmutableSortedDictionary<SnpProduct, SnpTcb> Floors { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
