using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Casemate.Quoting.Service;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;
using static Casemate.Quoting.Tests.Service.ServiceUnderTest;

namespace Casemate.Quoting.Tests.Service;

public sealed class QuoteServiceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnswersAtNinetyPercentOfTheClientsTimeout_WhenTheBackEndIsSlow()
    {
        await using var test = new ServiceUnderTest();
        var asked = test.Ask(Pod("a"), timeout: TimeSpan.FromSeconds(10));
        await test.Provider.NextCallAsync();

        test.Time.Advance(TimeSpan.FromSeconds(9.1));

        Assert.Equal(AesmError.BackendBusy, (await asked).Error);
        Assert.Equal(QuoteRefusal.BackendTooSlow, Assert.Single(test.Told("refused")));
        Assert.Equal(AesmError.BackendBusy, Assert.Single(test.Records).Result);
    }

    [Fact]
    public async Task KeepsThePlaceOfAHungCall_AndIsNotReady_UntilItComesBack()
    {
        await using var test = new ServiceUnderTest();
        await test.ReadyAsync();
        test.Provider.HeedsCancellation = false;
        var asked = test.Ask(Pod("a"));
        var hanging = await test.Provider.NextCallAsync();
        var changed = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        test.Service.ReadinessChanged += ready => changed.TrySetResult(ready);

        test.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(AesmError.BackendBusy, (await asked).Error);
        Assert.False(await changed.Task.WaitAsync(TimeSpan.FromSeconds(20), Ct));
        Assert.False(test.Service.IsReady);
        var waiting = test.Ask(Pod("b"), 2);
        Assert.False(waiting.IsCompleted);
        Assert.Empty(test.Provider.Calls);

        changed = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        hanging.Finish();
        (await test.Provider.NextCallAsync()).Finish();
        Assert.Equal(AesmError.Success, (await waiting).Error);
        Assert.True(await changed.Task.WaitAsync(TimeSpan.FromSeconds(20), Ct));
        Assert.Equal(1, Assert.Single(test.Told("hung")));
    }

    [Fact]
    public async Task KeepsTheReport_WhileTheBackEndWorksOnIt_ThoughTheCallerReusesItsMemory()
    {
        await using var test = new ServiceUnderTest();
        test.Provider.HeedsCancellation = false;
        var memory = new byte[QuoteRequest.ReportSize];
        memory[0] = 7;
        var asked = test.Service.QuoteAsync(Pod("a"), new QuoteRequest(memory, default), TimeSpan.FromSeconds(1), Ct).AsTask();
        var call = await test.Provider.NextCallAsync();
        test.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AesmError.BackendBusy, (await asked).Error);

        memory.AsSpan().Clear();

        Assert.Equal(7, call.Mark);
        call.Finish();
    }

    [Fact]
    public async Task TellsTheCodeAndTheRemedy_OfABackEndThatRefuses()
    {
        await using var test = new ServiceUnderTest();
        test.Provider.Answer = _ => throw QuoteProviderException.FromDcap("sgx_ql_get_quote", 0xE011);

        Assert.Equal(AesmError.NoPlatformCertificate, (await test.Ask(Pod("a"))).Error);

        var failure = Assert.IsType<QuoteProviderException>(Assert.Single(test.Told("failed")));
        Assert.Equal(0xE011u, failure.DcapCode);
        Assert.Contains("register the platform", failure.Remedy, StringComparison.Ordinal);
        Assert.Equal(0xE011u, Assert.Single(test.Records).DcapCode);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(OperationCanceledException))]
    public async Task AnswersUnexpected_WhenTheBackEndThrowsWhatItMustNot_AndGoesOn(Type fault)
    {
        await using var test = new ServiceUnderTest();
        test.Provider.Answer = _ => throw (Exception)Activator.CreateInstance(fault)!;
        Assert.Equal(AesmError.Unexpected, (await test.Ask(Pod("a"))).Error);

        test.Provider.Answer = _ => ScriptedProvider.Quote();
        Assert.Equal(AesmError.Success, (await test.Ask(Pod("a"))).Error);
    }

    [Fact]
    public async Task MakesTheKeyAnew_AndTriesOnceMore_WhenTheKeyIsGone()
    {
        await using var test = new ServiceUnderTest();
        await test.ReadyAsync();
        var calls = 0;
        test.Provider.Answer = _ => Interlocked.Increment(ref calls) == 1
            ? throw QuoteProviderException.FromDcap("sgx_ql_get_quote", 0xE00F)
            : ScriptedProvider.Quote();

        Assert.Equal(AesmError.Success, (await test.Ask(Pod("a"))).Error);
        Assert.Equal([false, true], test.Provider.Initialisations);
    }

    [Fact]
    public async Task LoadsALostEnclaveAnew_WithoutANewKey()
    {
        await using var test = new ServiceUnderTest();
        await test.ReadyAsync();
        var calls = 0;
        test.Provider.Answer = _ => Interlocked.Increment(ref calls) == 1
            ? throw QuoteProviderException.FromDcap("sgx_ql_get_quote", 0xE014)
            : ScriptedProvider.Quote();

        Assert.Equal(AesmError.Success, (await test.Ask(Pod("a"))).Error);
        Assert.Equal([false, false], test.Provider.Initialisations);
    }

    [Fact]
    public async Task GivesUp_WhenTheKeyIsGoneTwice()
    {
        await using var test = new ServiceUnderTest();
        await test.ReadyAsync();
        test.Provider.Answer = _ => throw QuoteProviderException.FromDcap("sgx_ql_get_quote", 0xE00F);

        Assert.Equal(AesmError.AttestationKeyNotInitialised, (await test.Ask(Pod("a"))).Error);
        Assert.Equal([false, true], test.Provider.Initialisations);
    }

    [Fact]
    public async Task IsReady_OnlyAfterTheKeyIsMade_AndTriesWithGrowingPauses()
    {
        await using var test = new ServiceUnderTest();
        var tries = new SemaphoreSlim(0);
        var failures = 2;
        test.Provider.Initialise = _ =>
        {
            tries.Release();
            return failures-- > 0
                ? throw new QuoteProviderException(AesmError.Network, "no way to the service")
                : Task.FromResult(ScriptedProvider.Target);
        };
        test.Service.Start();
        for (var i = 1; i <= 2; i++)
        {
            Assert.True(await tries.WaitAsync(TimeSpan.FromSeconds(20), Ct));
            await EventuallyAsync(() => test.Told("initialisation failed").Count() == i);
            Assert.False(test.Service.IsReady);
            var pause = Assert.IsType<TimeSpan>(test.Told("initialisation failed").Last());
            Assert.InRange(pause, TimeSpan.FromSeconds(0.75 * i), TimeSpan.FromSeconds(i));

            // The pause begins after it is told; the clock is moved until it ends.
            while (!await tries.WaitAsync(TimeSpan.FromMilliseconds(5), Ct))
            {
                test.Time.Advance(TimeSpan.FromSeconds(0.1));
            }

            tries.Release();
        }

        await EventuallyAsync(() => test.Service.IsReady);
        Assert.Equal([true], test.Told("ready"));
        Assert.NotNull(test.Service.Target);
    }

    [Fact]
    public async Task DoesNotHurryABackEnd_ThatHasJustFailed()
    {
        await using var test = new ServiceUnderTest();
        test.Provider.Initialise = _ => throw new QuoteProviderException(AesmError.NoPlatformCertificate, "not registered");
        for (var i = 0; i < 10; i++)
        {
            var outcome = await test.Service.InitialiseAsync(Pod("a"), null, Ct);
            Assert.Equal(AesmError.NoPlatformCertificate, outcome.Error);
        }

        Assert.Single(test.Provider.Initialisations);
        test.Time.Advance(TimeSpan.FromSeconds(6));
        await test.Service.InitialiseAsync(Pod("a"), null, Ct);
        Assert.Equal(2, test.Provider.Initialisations.Count);
    }

    [Fact]
    public async Task AnswersTheKnownTarget_WhileAllPlacesAreTaken()
    {
        await using var test = new ServiceUnderTest();
        await test.ReadyAsync();
        _ = test.Ask(Pod("a"));
        var call = await test.Provider.NextCallAsync();

        var outcome = test.Service.InitialiseAsync(Pod("b"), TimeSpan.FromMilliseconds(1), Ct);

        Assert.True(outcome.IsCompletedSuccessfully);
        Assert.Same(ScriptedProvider.Target, (await outcome).Target);
        call.Finish();
    }

    [Fact]
    public async Task RefusesAndRecords_WhoIsNotOnTheList()
    {
        var list = new PodAllowList
        {
            Namespaces = ["bank"],
            ServiceAccounts = ["shop/till"],
            ServiceAccountOf = peer => peer.PodName is "till-0" ? "till" : "default",
        };
        await using var test = new ServiceUnderTest(new QuoteServiceOptions { AllowList = list });
        test.Provider.Answer = _ => ScriptedProvider.Quote();

        Assert.Equal(AesmError.Success, (await test.Ask(Pod("any", "bank"))).Error);
        Assert.Equal(AesmError.Success, (await test.Ask(Pod("till-0", "shop"))).Error);
        Assert.Equal(AesmError.ServiceUnavailable, (await test.Ask(Pod("other", "shop"))).Error);
        Assert.Equal(AesmError.ServiceUnavailable, (await test.Ask(Stranger())).Error);
        Assert.Equal(
            [QuoteRefusal.NotAdmitted, QuoteRefusal.NotAdmitted],
            test.Records.Where(r => r.Refusal is not null).Select(r => r.Refusal!.Value));
    }

    [Fact]
    public async Task RecordsAFewRefusalsOfEachPod_SoThatNoFloodPushesOthersOutOfTheLog()
    {
        await using var test = new ServiceUnderTest(new QuoteServiceOptions { AllowList = new PodAllowList { Namespaces = ["bank"] } });

        for (var i = 0; i < 10 * QuoteService.RecordedRefusalsPerMinute; i++)
        {
            Assert.Equal(AesmError.ServiceUnavailable, (await test.Ask(Pod("flood", "shop"))).Error);
        }

        Assert.Equal(QuoteService.RecordedRefusalsPerMinute, test.Records.Count);
        await test.Ask(Pod("other", "shop"));
        Assert.Equal("other", test.Records.Last().Peer.PodName);

        test.Time.Advance(TimeSpan.FromMinutes(1));
        await test.Ask(Pod("flood", "shop"));
        Assert.Equal("flood", test.Records.Last().Peer.PodName);
    }

    [Theory]
    [InlineData(true, AesmError.ServiceUnavailable)]
    [InlineData(false, AesmError.Success)]
    public async Task WithholdsQuotesThatCannotBeRecorded_UnlessToldOtherwise(bool required, AesmError expected)
    {
        await using var test = new ServiceUnderTest(new QuoteServiceOptions { RequireAudit = required });
        test.Provider.Answer = _ => ScriptedProvider.Quote();
        test.AuditFault = () => new IOException("No space left on device");

        Assert.Equal(expected, (await test.Ask(Pod("a"))).Error);
        Assert.Equal(required, Assert.Single(test.Told("not recorded")));

        test.AuditFault = null;
        Assert.Equal(AesmError.Success, (await test.Ask(Pod("a"))).Error);
    }

    [Fact]
    public async Task RecordsWhoAskedForWhichEnclave_WithoutItsReportData()
    {
        await using var test = new ServiceUnderTest();
        test.Provider.Answer = _ => ScriptedProvider.Quote();
        var report = new byte[QuoteRequest.ReportSize];
        report.AsSpan(64, 32).Fill(0xA1);
        report.AsSpan(128, 32).Fill(0xB2);
        report[48] = 0x02;
        report[258] = 5;
        report.AsSpan(320, 64).Fill(0xC3);

        await test.Service.QuoteAsync(Pod("a"), new QuoteRequest(report, default), null, Ct);

        var record = Assert.Single(test.Records);
        Assert.Equal(AesmError.Success, record.Result);
        Assert.Equal("uid-a", record.Peer.PodUid);
        Assert.Equal(report.AsSpan(64, 32).ToArray(), record.MrEnclave.ToArray());
        Assert.Equal(report.AsSpan(128, 32).ToArray(), record.MrSigner.ToArray());
        Assert.Equal((5, true), (record.IsvSvn, record.Debug));
        Assert.Equal(SHA256.HashData(report.AsSpan(320, 64)), record.ReportDataHash.ToArray());
    }

    [Fact]
    public async Task NamesEveryOptionThatCannotBeUsed()
    {
        var options = new QuoteServiceOptions
        {
            MaximumQueued = 0,
            QueueShare = 1,
            RequestsPerSecond = 0,
            MaximumWait = TimeSpan.Zero,
            FirstBackOff = TimeSpan.Zero,
            WeightByNamespace = ImmutableDictionary<string, int>.Empty.Add("x", 0),
        };
        await using var provider = new ScriptedProvider();
        var error = Assert.Throws<ArgumentException>(() => new QuoteService(provider, options, TimeProvider.System));
        Assert.All(
            ["MaximumQueued", "QueueShare", "RequestsPerSecond", "MaximumWait", "FirstBackOff", "WeightByNamespace"],
            name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task CountsByNamespace_ButOnlySoMany()
    {
        await using var test = new ServiceUnderTest();
        var namespaces = new HashSet<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == test.Metrics.Meter && instrument.Name == "casemate_quote_requests_total")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            namespaces.Add((string)tags.ToArray().Single(t => t.Key == "namespace").Value!));
        listener.Start();

        for (var i = 0; i < 500; i++)
        {
            test.Metrics.CountRequest("sgx", "aesm", "GetQuoteEx", Pod("p", "ns-" + i), AesmError.Success);
        }

        test.Metrics.CountRequest("sgx", "aesm", "GetQuoteEx", Stranger(), AesmError.Success);
        Assert.Equal(102, namespaces.Count);
        Assert.Contains("other", namespaces);
        Assert.Contains("unknown", namespaces);
    }

    [Fact]
    public async Task KnowsWhenTheCertificatesOfItsQuotesEnd()
    {
        var machine = SimulatedPlatform.Create(DateTimeOffset.UtcNow).Dcap;
        await using var provider = new SimulatedQuoteProvider(machine);
        await using var service = new QuoteService(provider, new QuoteServiceOptions(), TimeProvider.System);
        var target = (await service.InitialiseAsync(Stranger(), null, Ct)).Target!;
        Assert.Null(service.CertificateExpiry);
        var report = machine.Report(new SimulatedEnclave { MrEnclave = new byte[32] }, target.TargetInfo.Span, new byte[64]);

        var outcome = await service.QuoteAsync(Stranger(), new QuoteRequest(report, default), null, Ct);

        Assert.Equal(AesmError.Success, outcome.Error);
        Assert.True(service.CertificateExpiry > DateTimeOffset.UtcNow);
        Assert.Equal(target.QuoteSize, outcome.Answer!.Quote.Length);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
