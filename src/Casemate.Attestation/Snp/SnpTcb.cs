namespace Casemate.Attestation.Snp;

/// <summary>
/// A TCB version of an AMD platform, one security version per component. Compared component by component, never as a number.
/// Source: AMD 56860, section 2.2 (TCB_VERSION).
/// </summary>
/// <param name="Fmc">First mutable code; null before Turin, which introduced it.</param>
/// <param name="BootLoader">PSP boot loader.</param>
/// <param name="Tee">PSP operating system.</param>
/// <param name="Snp">SEV-SNP firmware.</param>
/// <param name="Microcode">Lowest patch level of all cores.</param>
public readonly record struct SnpTcb(byte? Fmc, byte BootLoader, byte Tee, byte Snp, byte Microcode)
{
    /// <summary>True when every component is at least that of <paramref name="floor"/>; a component that is null counts as zero.</summary>
    public bool IsAtLeast(SnpTcb floor) =>
        (Fmc ?? 0) >= (floor.Fmc ?? 0) && BootLoader >= floor.BootLoader && Tee >= floor.Tee && Snp >= floor.Snp
        && Microcode >= floor.Microcode;

    /// <summary>Decodes the eight bytes of TCB_VERSION in memory order.</summary>
    /// <param name="bytes">Exactly 8 bytes.</param>
    /// <param name="product">Turin and later place the components differently.</param>
    public static SnpTcb Decode(ReadOnlySpan<byte> bytes, SnpProduct product) => product is SnpProduct.Turin
        ? new SnpTcb(bytes[0], bytes[1], bytes[2], bytes[3], bytes[7])
        : new SnpTcb(null, bytes[0], bytes[1], bytes[6], bytes[7]);

    /// <summary>Writes the eight bytes of TCB_VERSION in memory order.</summary>
    /// <param name="destination">At least 8 bytes.</param>
    /// <param name="product">Turin and later place the components differently.</param>
    public void Encode(Span<byte> destination, SnpProduct product)
    {
        destination[..8].Clear();
        destination[7] = Microcode;
        if (product is SnpProduct.Turin)
        {
            (destination[0], destination[1], destination[2], destination[3]) = (Fmc ?? 0, BootLoader, Tee, Snp);
        }
        else
        {
            (destination[0], destination[1], destination[6]) = (BootLoader, Tee, Snp);
        }
    }

    /// <summary>Such as <c>bl 3, tee 0, snp 8, ucode 115</c>; Turin starts with <c>fmc 0</c>.</summary>
    public override string ToString() =>
        (Fmc is { } fmc ? $"fmc {fmc}, " : "") + $"bl {BootLoader}, tee {Tee}, snp {Snp}, ucode {Microcode}";
}
