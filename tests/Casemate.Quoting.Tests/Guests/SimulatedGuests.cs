using Casemate.Attestation.Snp;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Guests;

/// <summary>Reports and quotes as the hardware of a guest makes them. One machine for all tests: its keys are slow to make.</summary>
internal static class SimulatedGuests
{
    public static DateTimeOffset Now { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static SimulatedPlatform Platform { get; } = SimulatedPlatform.Create(Now);

    public static SimulatedTd Td { get; } = new() { MrTd = new byte[48] };

    public static byte[] ReportData { get; } = [.. Enumerable.Range(100, 64).Select(i => (byte)i)];

    private static SimulatedSnp Machine { get; } = Platform.Snp(SnpProduct.Genoa);

    public static SnpEndorsements Endorsements { get; } = Machine.Endorsements(Now);

    public static byte[] CertificateTable { get; } = CertificateTableBytes.Write(
        (CertificateTableBytes.Vcek, Endorsements.Vek.ToArray()), (CertificateTableBytes.Ask, Endorsements.Ask.ToArray()),
        (CertificateTableBytes.Ark, Endorsements.Ark.ToArray()));

    public static byte[] Quote(byte[] reportData) => Platform.Dcap.QuoteTdx(Td, reportData);

    public static byte[] SnpReport(byte[] reportData) =>
        Machine.Report(new SimulatedGuest { Measurement = new byte[48] }, reportData, version: 5);
}
