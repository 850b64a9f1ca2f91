using Casemate.Quoting.Simulated;
using Casemate.Simulator;

namespace Casemate.Quoting.Tests.Simulated;

/// <summary>The simulated back end for quotes of reports.</summary>
public sealed class SimulatedQuoteProviderTests
{
    private static readonly SimulatedDcap s_machine = SimulatedPlatform.Create(new DateTimeOffset(2026, 11, 18, 12, 0, 0, TimeSpan.Zero)).Dcap;

    // A report of the SDK's simulation with an empty body for the simulated quoting enclave. Key and MAC were computed with the openssl
    // command (CMAC, AES-128-CBC).
    [Fact]
    public async Task QuotesReportsOfTheSdkSimulation_OnlyWhenToldToAcceptThem()
    {
        byte[] report =
        [
            .. new byte[384], .. Convert.FromHexString("ff00ff00ff00ff00ff00ff00ff00ff00"), .. new byte[16],
            .. Convert.FromHexString("731ba3748ac2d1154695e7f99f6a7aff"),
        ];
        var request = new QuoteRequest(report, default);
        await using var strict = new SimulatedQuoteProvider(s_machine);
        await using var lenient = new SimulatedQuoteProvider(s_machine, acceptSdkSimulationReports: true);

        var refusal = await Assert.ThrowsAsync<QuoteProviderException>(
            async () => await strict.QuoteAsync(request, TestContext.Current.CancellationToken));
        Assert.Equal(AesmError.InvalidReport, refusal.Code);
        Assert.Equal(report[..384], (await lenient.QuoteAsync(request, TestContext.Current.CancellationToken)).Quote.Span[48..432].ToArray());

        report[0] ^= 1;
        await Assert.ThrowsAsync<QuoteProviderException>(async () => await lenient.QuoteAsync(request, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Quotes_WithQeReportInfo_OnlyWhenAsked()
    {
        await using var provider = new SimulatedQuoteProvider(s_machine);
        var target = await provider.InitialiseAsync(refresh: false, TestContext.Current.CancellationToken);
        var report = s_machine.Report(new SimulatedEnclave { MrEnclave = new byte[32] }, target.TargetInfo.Span, new byte[64]);

        var plain = await provider.QuoteAsync(new QuoteRequest(report, default), TestContext.Current.CancellationToken);
        var asked = await provider.QuoteAsync(new QuoteRequest(report, new byte[960]), TestContext.Current.CancellationToken);

        Assert.Equal(target.QuoteSize, plain.Quote.Length);
        Assert.True(plain.QeReportInfo.IsEmpty);
        Assert.Equal(960, asked.QeReportInfo.Length);
    }
}
