using System.Globalization;

namespace Casemate.Measurement.Snp;

/// <summary>
/// The model of a vCPU, of which its signature (CPUID leaf 1, EAX) enters the measurement. QEMU's models: family, model and stepping are
/// those of its table of built-in CPUs. Source: AMD CPUID Specification (25481), Fn0000_0001_EAX.
/// </summary>
public sealed record SnpVcpuType
{
    private const int BaseFamily = 15;

    private SnpVcpuType(string name, int family, int model, int stepping) => (Name, Family, Model, Stepping) = (name, family, model, stepping);

    /// <summary>The models that are known by name, as QEMU writes them after <c>-cpu</c>.</summary>
    public static IReadOnlyList<SnpVcpuType> Known { get; } =
    [
        .. Named(23, 1, 2, "EPYC", "EPYC-v1", "EPYC-v2", "EPYC-IBPB", "EPYC-v3", "EPYC-v4", "EPYC-v5"),
        .. Named(23, 49, 0, "EPYC-Rome", "EPYC-Rome-v1", "EPYC-Rome-v2", "EPYC-Rome-v3", "EPYC-Rome-v4", "EPYC-Rome-v5"),
        .. Named(25, 1, 1, "EPYC-Milan", "EPYC-Milan-v1", "EPYC-Milan-v2", "EPYC-Milan-v3"),
        .. Named(25, 17, 0, "EPYC-Genoa", "EPYC-Genoa-v1", "EPYC-Genoa-v2"),
        .. Named(26, 0, 0, "EPYC-Turin", "EPYC-Turin-v1"),
    ];

    /// <summary>The name: QEMU's, or family/model/stepping.</summary>
    public string Name { get; }

    /// <summary>Family, 15 to 270 (base and extended family added).</summary>
    public int Family { get; }

    /// <summary>Model, 0 to 255.</summary>
    public int Model { get; }

    /// <summary>Stepping, 0 to 15.</summary>
    public int Stepping { get; }

    /// <summary>CPUID leaf 1, EAX.</summary>
    public uint Signature =>
        (uint)(((Family - BaseFamily) << 20) | ((Model >> 4) << 16) | (BaseFamily << 8) | ((Model & 15) << 4) | Stepping);

    /// <summary>Bits of a guest physical address: 48 up to Milan, 52 from Genoa on. Source: CPUID Fn8000_0008 of the processors.</summary>
    public int PhysicalAddressBits => Family > 25 || (Family == 25 && Model >= 16) ? 52 : 48;

    /// <summary>A model by its numbers.</summary>
    /// <param name="family">15 to 270.</param>
    /// <param name="model">0 to 255.</param>
    /// <param name="stepping">0 to 15.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static SnpVcpuType FromNumbers(int family, int model, int stepping)
    {
        if (!AreInRange(family, model, stepping))
        {
            throw new ArgumentOutOfRangeException(nameof(family), "Family is 15 to 270, model 0 to 255, stepping 0 to 15.");
        }

        return new SnpVcpuType(string.Create(CultureInfo.InvariantCulture, $"{family}/{model}/{stepping}"), family, model, stepping);
    }

    /// <summary>
    /// Reads a model: a name of <see cref="Known"/>, <c>FAMILY/MODEL/STEPPING</c> in decimal, or a signature such as <c>0xa00f11</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="type">The model; null when false.</param>
    public static bool TryRead(string? text, out SnpVcpuType? type)
    {
        type = Known.FirstOrDefault(known => string.Equals(known.Name, text, StringComparison.OrdinalIgnoreCase));
        if (type is null && text?.StartsWith("0x", StringComparison.OrdinalIgnoreCase) == true)
        {
            type = uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var signature)
                ? FromSignature(signature) : null;
        }
        else if (type is null && text?.Split('/') is [var family, var model, var stepping]
            && Number(family) is { } f && Number(model) is { } m && Number(stepping) is { } s && AreInRange(f, m, s))
        {
            type = FromNumbers(f, m, s);
        }

        return type is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    // A signature that does not come back as it was has bits that no processor of these families has.
    private static SnpVcpuType? FromSignature(uint signature)
    {
        var family = (int)((signature >> 20) & 0xff) + BaseFamily;
        var model = (int)(((signature >> 16) & 15) << 4 | ((signature >> 4) & 15));
        var type = FromNumbers(family, model, (int)(signature & 15));
        return type.Signature == signature ? type : null;
    }

    private static bool AreInRange(int family, int model, int stepping) =>
        family is >= BaseFamily and <= BaseFamily + 255 && model is >= 0 and <= 255 && stepping is >= 0 and <= 15;

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static IEnumerable<SnpVcpuType> Named(int family, int model, int stepping, params string[] names) =>
        names.Select(name => new SnpVcpuType(name, family, model, stepping));
}
