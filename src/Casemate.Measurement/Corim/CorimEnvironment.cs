namespace Casemate.Measurement.Corim;

/// <summary>What a triple of a CoRIM is about: a class of environments.</summary>
/// <param name="Vendor">The vendor, such as <c>AMD</c>.</param>
/// <param name="Model">The model, such as <c>SEV-SNP</c>.</param>
public sealed record CorimEnvironment(string Vendor, string Model)
{
    /// <summary>Intel TDX.</summary>
    public static CorimEnvironment Tdx { get; } = new("Intel", "TDX");

    /// <summary>AMD SEV-SNP.</summary>
    public static CorimEnvironment Snp { get; } = new("AMD", "SEV-SNP");

    /// <summary>Virtualisation-based security of Hyper-V.</summary>
    public static CorimEnvironment Vbs { get; } = new("Microsoft", "VBS");

    /// <summary>Vendor and model, as in <c>AMD/SEV-SNP</c>.</summary>
    public override string ToString() => $"{Vendor}/{Model}";
}
