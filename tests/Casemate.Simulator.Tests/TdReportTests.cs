using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Tdx;

namespace Casemate.Simulator.Tests;

/// <summary>TD reports, which come before quotes.</summary>
public sealed class TdReportTests
{
    private static readonly SimulatedPlatform Platform = SimulatedPlatform.Create(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly byte[] Data = [.. Enumerable.Range(1, 64).Select(i => (byte)i)];

    [Theory]
    [InlineData(TdReportKind.V10, 4)]
    [InlineData(TdReportKind.V10, 5)]
    [InlineData(TdReportKind.V15, 4)]
    [InlineData(TdReportKind.V15, 5)]
    public void QuoteOfAReport_SaysTheSame_AsAQuoteOfTheTd(TdReportKind kind, int version)
    {
        var td = Td(kind);

        var quote = Platform.Dcap.QuoteTd(Platform.Dcap.TdReport(td, Data), version);

        Assert.Equal(QuoteError.None, Quote.TryRead(quote, out var made, out _));
        Assert.Equal(QuoteError.None, Quote.TryRead(Platform.Dcap.QuoteTdx(td, Data, version), out var expected, out _));
        Assert.Equal(expected.SignedBytes, made.SignedBytes);
        Assert.Equal(Tee.Tdx, made.Tee);
        Assert.True(TdReportBody.TryRead(made.Body, out var body));
        Assert.Equal(Data, body.ReportData);
    }

    [Theory]
    [InlineData(TdReportKind.V10, 0)]
    [InlineData(TdReportKind.V15, 1)]
    public void Report_HasTheFormThatQuoteGenerationServicesCheck(TdReportKind kind, byte version)
    {
        var report = Platform.Dcap.TdReport(Td(kind), Data);

        Assert.Equal(1024, report.Length);
        Assert.Equal([0x81, 0, version, 0], report[..4]);
        Assert.Equal(new byte[12], report[4..16]);
        Assert.Equal(Data, report[128..192]);
        Assert.Equal(new byte[32], report[192..224]);
        Assert.Equal(new byte[17], report[495..512]);
    }

    [Fact]
    public void Report_IsAccepted_OnItsMachine_UnlessOneByteDiffers()
    {
        var report = Platform.Dcap.TdReport(Td(TdReportKind.V15), Data);
        var other = SimulatedPlatform.Create(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.True(Platform.Dcap.AcceptsTdReport(report));
        Assert.False(other.Dcap.AcceptsTdReport(report));
        Assert.False(Platform.Dcap.AcceptsTdReport(report.AsSpan(1)));
        foreach (var offset in new[] { 0, 16, 32, 80, 128, 224, 256, 300, 512, 528, 1023 })
        {
            var changed = (byte[])report.Clone();
            changed[offset] ^= 1;
            Assert.False(Platform.Dcap.AcceptsTdReport(changed), $"offset {offset}");
        }
    }

    private static SimulatedTd Td(TdReportKind kind) => new()
    {
        MrTd = [.. Enumerable.Range(0, 48).Select(i => (byte)i)],
        MrServiceTd = [.. Enumerable.Range(50, 48).Select(i => (byte)i)],
        MrOwner = [.. Enumerable.Range(90, 48).Select(i => (byte)i)],
        Kind = kind,
    };
}
