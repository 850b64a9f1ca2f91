using Casemate.Attestation;
using Casemate.Attestation.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>One installation for all tests: its RSA keys take seconds to make.</summary>
internal static class TestPlatform
{
    /// <summary>An ordinary moment: not at the begin of a day, a month or a year.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 34, 56, TimeSpan.Zero);

    private static readonly Lazy<SimulatedPlatform> Shared = new(() => SimulatedPlatform.Create(Noon));

    public static SimulatedPlatform Instance => Shared.Value;

    public static SimulatedDcap Dcap => Instance.Dcap;

    public static SimulatedSnp Snp(SnpProduct product) => Instance.Snp(product);

    /// <summary>64 bytes that differ from each other.</summary>
    public static byte[] ReportData { get; } = [.. Enumerable.Range(0, 64).Select(i => (byte)(0x80 + i))];

    public static SimulatedEnclave Enclave { get; } = new() { MrEnclave = Bytes(32, 0x11) };

    public static SimulatedTd Td { get; } = new() { MrTd = Bytes(48, 0x22) };

    public static SimulatedGuest Guest { get; } = new() { Measurement = Bytes(48, 0x33) };

    /// <summary>The roots of the shared installation and no other.</summary>
    public static TrustRoots Roots => Instance.Allow(TrustRoots.None);

    public static byte[] Bytes(int count, byte first) => [.. Enumerable.Range(0, count).Select(i => (byte)(first + i))];
}
