using Casemate.Quoting.Qgs;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;

namespace Casemate.Quoting.Tests.Qgs;

public sealed class SimulatedTdQuoteProviderTests
{
    private static readonly SimulatedDcap s_machine = SimulatedPlatform.Create(DateTimeOffset.UtcNow).Dcap;
    private static readonly SimulatedTd s_td = new()
    {
        MrTd = [.. Enumerable.Range(1, 48).Select(i => (byte)i)],
        Rtmrs = [.. new byte[] { 1, 2, 0, 4 }.Select(mark => Enumerable.Repeat(mark, 48).ToArray())],
    };

    private static byte[] ReportData { get; } = [.. Enumerable.Range(100, 64).Select(i => (byte)i)];

    [Fact]
    public void AReport_HasTheFormOfHardwares_AndTheMachineKnowsItsOwn()
    {
        var report = s_machine.TdReport(s_td, ReportData);
        Assert.True(TdReport.IsWellFormed(report));
        Assert.Equal(ReportData, TdReport.ReportData(report).ToArray());
        Assert.True(s_machine.AcceptsTdReport(report));
        Assert.False(SimulatedPlatform.Create(DateTimeOffset.UtcNow).Dcap.AcceptsTdReport(report));
    }

    [Fact]
    public void AReport_ThatIsChangedAnywhere_IsNotAccepted()
    {
        var report = s_machine.TdReport(s_td, ReportData);
        for (var i = 0; i < report.Length; i++)
        {
            report[i] ^= 1;
            Assert.False(s_machine.AcceptsTdReport(report), $"changed at {i}");
            report[i] ^= 1;
        }

        Assert.False(s_machine.AcceptsTdReport(report.AsSpan(1)));
    }

    [Theory]
    [InlineData(4, 632)]
    [InlineData(5, 702)]
    public void AQuote_SaysOfTheTd_WhatTheDirectOneSays(int version, int signedSize)
    {
        var quote = s_machine.QuoteTd(s_machine.TdReport(s_td, ReportData), version);
        var direct = s_machine.QuoteTdx(s_td, ReportData, version);
        Assert.Equal(direct.AsSpan(0, signedSize).ToArray(), quote.AsSpan(0, signedSize).ToArray());
    }

    [Fact]
    public async Task RefusesTheReportOfAnotherMachine()
    {
        var report = SimulatedPlatform.Create(DateTimeOffset.UtcNow).Dcap.TdReport(s_td, ReportData);
        var error = await Assert.ThrowsAsync<QuoteProviderException>(
            async () => await new SimulatedTdQuoteProvider(s_machine).QuoteAsync(report, TestContext.Current.CancellationToken));
        Assert.Equal(AesmError.InvalidReport, error.Code);
    }
}
