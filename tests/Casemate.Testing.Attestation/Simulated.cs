using Casemate.Attestation.Snp;
using Casemate.Simulator;

namespace Casemate.Attestation.Tests;

/// <summary>One simulated machine of each maker, shared by the tests that need evidence of their own making.</summary>
public static class Simulated
{
    /// <summary>An ordinary moment: not at the begin of a day, a month or a year.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 34, 56, TimeSpan.Zero);

    private static readonly Lazy<SimulatedPlatform> s_platform = new(() => SimulatedPlatform.Create(Noon));
    private static readonly Lazy<SimulatedSnp> s_milan = new(() => s_platform.Value.Snp(SnpProduct.Milan));

    /// <summary>The installation.</summary>
    public static SimulatedPlatform Platform => s_platform.Value;

    /// <summary>Its Milan machine.</summary>
    public static SimulatedSnp Milan => s_milan.Value;

    /// <summary>Its machine of a product line.</summary>
    public static SimulatedSnp Snp(SnpProduct product) => s_platform.Value.Snp(product);

    /// <summary>Its Intel machine.</summary>
    public static SimulatedDcap Dcap => s_platform.Value.Dcap;

    /// <summary>A TD.</summary>
    public static SimulatedTd Td { get; } = new() { MrTd = Bytes(48, 0x22) };

    /// <summary>A SEV-SNP guest.</summary>
    public static SimulatedGuest Guest { get; } = new() { Measurement = Bytes(48, 0x33) };

    /// <summary>The roots of the shared installation and no other.</summary>
    public static TrustRoots Roots
    {
        get
        {
            _ = Milan;
            return s_platform.Value.Allow(TrustRoots.None);
        }
    }

    /// <summary>Bytes that count up.</summary>
    public static byte[] Bytes(int count, byte first) => [.. Enumerable.Range(0, count).Select(i => (byte)(first + i))];
}
