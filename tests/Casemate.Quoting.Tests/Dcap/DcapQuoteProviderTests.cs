using System.Collections.Immutable;
using System.Diagnostics;
using Casemate.Quoting.Dcap;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Dcap;

/// <summary>
/// Intel's library in its worker process, with a stand-in that misbehaves on order. Every misbehaviour costs at most the request that
/// met it. Where there is no C compiler these tests are reported as skipped.
/// </summary>
public sealed class DcapQuoteProviderTests : IClassFixture<DcapStandIn>, IDisposable
{
    private readonly DcapStandIn _standIn;
    private readonly TemporaryDirectory _directory = new();
    private readonly RecordedWorkerEvents _events = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly byte[] _report = [.. Enumerable.Range(0, QuoteRequest.ReportSize).Select(i => (byte)i)];

    public DcapQuoteProviderTests(DcapStandIn standIn)
    {
        _standIn = standIn;
        Assert.SkipWhen(standIn.Problem is not null, standIn.Problem ?? string.Empty);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TellsTargetKeyAndSize()
    {
        await using var provider = Provider();

        var target = await provider.InitialiseAsync(refresh: false, default);

        Assert.Equal(0x11, target.TargetInfo.Span[0]);
        Assert.Equal(Enumerable.Repeat((byte)0x22, 32), target.PublicKeyId.ToArray());
        Assert.Equal(1100, target.QuoteSize);
        Assert.EndsWith("libsgx_qe3_logic.so", Assert.Single(_events.Starts).Library, StringComparison.Ordinal);
        Assert.False(provider.Simulated);
        Assert.Equal(1, provider.MaximumConcurrency);
        Assert.Equal("dcap", provider.Name);
    }

    [Fact]
    public async Task QuotesTheReport_InAnotherProcess()
    {
        await using var provider = Provider();

        var answer = await QuoteAsync(provider);

        Assert.Equal(_report[..384], answer.Quote.Slice(48, 384).ToArray());
        Assert.Equal(1100, answer.Quote.Length);
        Assert.True(answer.QeReportInfo.IsEmpty);
        Assert.NotEqual(Environment.ProcessId, Assert.Single(_events.Starts).ProcessId);
    }

    [Fact]
    public async Task FillsQeReportInfo_WhenAskedFor()
    {
        await using var provider = Provider();
        var asked = Enumerable.Repeat((byte)7, QuoteRequest.QeReportInfoSize).ToArray();

        var answer = await provider.QuoteAsync(new QuoteRequest(_report, asked), default);

        Assert.Equal(asked[..528], answer.QeReportInfo[..528].ToArray());
        Assert.Equal(Enumerable.Repeat((byte)0x33, 432), answer.QeReportInfo[528..].ToArray());
    }

    [Fact]
    public async Task OneWorker_ServesManyRequests()
    {
        await using var provider = Provider();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => QuoteAsync(provider)));

        Assert.All(answers, answer => Assert.Equal(1100, answer.Quote.Length));
        Assert.Single(_events.Starts);
    }

    [Theory]
    [InlineData("crash")]
    [InlineData("abort")]
    public async Task Crash_FailsOneRequest_AndTheNextGetsANewWorker(string order)
    {
        await using var provider = Provider(order);

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));
        var answer = await QuoteAsync(provider);

        Assert.Equal(AesmError.EnclaveLost, failure.Code);
        Assert.Contains("crashed", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1100, answer.Quote.Length);
        Assert.Equal(2, _events.Starts.Count);
        Assert.Equal(TimeSpan.Zero, Assert.Single(_events.Failures).RestartAfter);
    }

    [Fact]
    public async Task WorkerThatEnds_FailsOneRequest()
    {
        await using var provider = Provider("exit");

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal(AesmError.EnclaveLost, failure.Code);
        Assert.Contains("code 3", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1100, (await QuoteAsync(provider)).Quote.Length);
    }

    [Fact]
    public async Task HangingCall_IsEndedAtTheLimit_WithBusy()
    {
        await using var provider = Provider("pass\nhang");
        await provider.InitialiseAsync(refresh: false, default);
        var hanging = _events.Starts.Single().ProcessId;

        var quoting = QuoteAsync(provider);
        await OrdersAreTakenAsync();
        _time.Advance(TimeSpan.FromSeconds(60));
        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => quoting);

        Assert.Equal(AesmError.BackendBusy, failure.Code);
        Assert.Contains("60 seconds", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(hanging));
        Assert.Equal(1100, (await QuoteAsync(provider)).Quote.Length);
    }

    [Fact]
    public async Task CallerThatStopsWaiting_LeavesTheWorkerAlone()
    {
        await using var provider = Provider("pass\nhang");
        await provider.InitialiseAsync(refresh: false, default);
        using var impatience = new CancellationTokenSource();

        var quoting = provider.QuoteAsync(new QuoteRequest(_report, default), impatience.Token).AsTask();
        await OrdersAreTakenAsync();
        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => quoting);
        Assert.Empty(_events.Failures);
    }

    [Fact]
    public async Task Garbage_EndsTheWorker()
    {
        await using var provider = Provider("garbage");

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal(AesmError.Unexpected, failure.Code);
        Assert.Contains("4294967295 bytes", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1100, (await QuoteAsync(provider)).Quote.Length);
    }

    [Fact]
    public async Task WhatTheLibraryPrints_IsALogLine_AndNoAnswer()
    {
        await using var provider = Provider("shout");

        var answer = await QuoteAsync(provider);
        await _events.FirstLine;

        Assert.Equal(1100, answer.Quote.Length);
        Assert.Equal("[QPL] a line on standard output", Assert.Single(_events.Lines));
        Assert.Empty(_events.Failures);
    }

    [Theory]
    [InlineData("0xE011", AesmError.NoPlatformCertificate)]
    [InlineData("0xE012", AesmError.OutOfEpc)]
    [InlineData("0xE015", AesmError.InvalidReport)]
    [InlineData("0xE035", AesmError.Unexpected)]
    [InlineData("0xB003", AesmError.Unexpected)]
    [InlineData("0x0001", AesmError.Unexpected)]
    public async Task ErrorOfTheLibrary_HasItsCode_AndItsRemedy(string order, AesmError expected)
    {
        await using var provider = Provider(order);

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal(expected, failure.Code);
        Assert.Equal(Convert.ToUInt32(order, 16), failure.DcapCode);
        Assert.Equal(AesmErrorText.DcapRemedy(failure.DcapCode.GetValueOrDefault()), failure.Remedy);
        Assert.Contains("sgx_ql_get_quote", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_events.Failures);
    }

    [Theory]
    [InlineData("0xE00F")]
    [InlineData("0xE014")]
    public async Task MissingKeyOrLostEnclave_IsInitialised_AndTriedOnceMore(string order)
    {
        await using var provider = Provider(order);

        Assert.Equal(1100, (await QuoteAsync(provider)).Quote.Length);
    }

    [Theory]
    [InlineData("0xE00F", AesmError.AttestationKeyNotInitialised)]
    [InlineData("0xE014", AesmError.EnclaveLost)]
    public async Task MissingKeyOrLostEnclave_IsNotTriedForEver(string order, AesmError expected)
    {
        await using var provider = Provider($"{order}\npass\n{order}");

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal(expected, failure.Code);
    }

    [Fact]
    public async Task QuoteSizeOutOfBounds_IsRefused_BeforeMemoryIsTaken()
    {
        await using var provider = Provider("size=0xFFFFFFFF");

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => provider.InitialiseAsync(false, default).AsTask());

        Assert.Contains("4294967295 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WorkersThatCrashAgainAndAgain_AreStartedLessOften()
    {
        await using var provider = Provider("crash\ncrash\ncrash");
        await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));
        await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        var refused = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));
        Assert.Equal(AesmError.BackendBusy, refused.Code);
        Assert.Equal(2, _events.Starts.Count);

        _time.Advance(TimeSpan.FromSeconds(1.1));
        await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));
        _time.Advance(TimeSpan.FromSeconds(2.1));
        Assert.Equal(1100, (await QuoteAsync(provider)).Quote.Length);
        Assert.Equal([0, 1, 2], _events.Failures.Select(failure => (int)failure.RestartAfter.TotalSeconds));
    }

    [Fact]
    public async Task ApplicationLibrary_Quotes_ButMakesNoQeReport()
    {
        await using var provider = Provider(library: _standIn.Application);

        var target = await provider.InitialiseAsync(refresh: true, default);
        var answer = await QuoteAsync(provider);
        var failure = await Assert.ThrowsAsync<QuoteProviderException>(
            () => provider.QuoteAsync(new QuoteRequest(_report, new byte[QuoteRequest.QeReportInfoSize]), default).AsTask());

        Assert.Equal(0x44, target.TargetInfo.Span[0]);
        Assert.Equal(1100, answer.Quote.Length);
        Assert.Equal(AesmError.NoQeReport, failure.Code);
    }

    [Fact]
    public async Task MissingLibrary_IsNamed()
    {
        await using var provider = Provider(library: _directory.Path);

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal(AesmError.InterfaceUnavailable, failure.Code);
        Assert.Contains("libsgx_qe3_logic.so", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgramThatCannotBeStarted_IsNamed()
    {
        await using var provider = new DcapQuoteProvider(Options(string.Empty) with { Program = _directory.File("nothing") });

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal(AesmError.ServiceUnavailable, failure.Code);
        Assert.Contains("nothing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgramThatIsNoWorker_FailsOneRequestAtATime()
    {
        var echo = Options(string.Empty) with { Program = "/bin/echo", ProgramArguments = ["hello"] };
        await using var provider = new DcapQuoteProvider(echo);

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.True(failure.Code is AesmError.Unexpected or AesmError.EnclaveLost, failure.Message);
    }

    [Fact]
    public async Task TheVariableThatLeadsBackToUs_DoesNotReachTheWorker()
    {
        var start = WorkerCommand.For(Options(string.Empty) with
        {
            Environment = ImmutableDictionary<string, string>.Empty.Add("SGX_AESM_ADDR", "1").Add("AZDCAP_CACHE", "/cache"),
        });

        Assert.False(start.Environment.ContainsKey("SGX_AESM_ADDR"));
        Assert.Equal("/cache", start.Environment["AZDCAP_CACHE"]);

        // A worker that somebody else started with it refuses to load anything.
        var load = DcapWorkerFrame.Write(DcapWorkerMessage.Load, System.Text.Encoding.UTF8.GetBytes(_standIn.Logic));
        var looping = new ProcessStartInfo(Environment.ProcessPath!, [DcapWorker.Argument])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        looping.Environment["SGX_AESM_ADDR"] = "1";
        using var worker = Process.Start(looping)!;
        await worker.StandardInput.BaseStream.WriteAsync(load);
        await worker.StandardInput.BaseStream.FlushAsync();
        var answer = await DcapWorkerFrame.ReadAsync(worker.StandardOutput.BaseStream, default);
        worker.StandardInput.Close();
        await worker.WaitForExitAsync();

        Assert.Equal(DcapWorkerMessage.Failed, answer!.Value.Message);
        Assert.Equal((byte)AesmError.ConfigUnsupported, answer.Value.Content.Span[0]);
        Assert.Equal(0, worker.ExitCode);
    }

    [Fact]
    public async Task Dispose_EndsTheWorker_AndLaterRequestsAreToldSo()
    {
        var provider = Provider();
        await QuoteAsync(provider);
        var worker = _events.Starts.Single().ProcessId;

        await provider.DisposeAsync();

        Assert.Throws<ArgumentException>(() => Process.GetProcessById(worker));
        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));
        Assert.Equal(AesmError.ServiceStopped, failure.Code);
    }

    [Fact]
    public async Task Dispose_EndsACallThatHangs()
    {
        var provider = Provider("hang");
        var quoting = QuoteAsync(provider);
        await OrdersAreTakenAsync();

        await provider.DisposeAsync();

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => quoting);
        Assert.Equal(AesmError.ServiceStopped, failure.Code);
    }

    private DcapQuoteProvider Provider(string orders = "", string? library = null) =>
        new(Options(orders) with { LibraryDirectory = library ?? _standIn.Logic });

    private DcapProviderOptions Options(string orders)
    {
        File.WriteAllText(_directory.File("orders"), orders);
        return new DcapProviderOptions
        {
            LibraryDirectory = _standIn.Logic,
            Environment = ImmutableDictionary<string, string>.Empty.Add("STAND_IN_ORDERS", _directory.File("orders")),
            Time = _time,
            Events = _events,
        };
    }

    private Task<QuoteAnswer> QuoteAsync(DcapQuoteProvider provider) =>
        provider.QuoteAsync(new QuoteRequest(_report, default), default).AsTask();

    // The stand-in takes its order away before it follows it: from then on the call is under way.
    private async Task OrdersAreTakenAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (new FileInfo(_directory.File("orders")).Length > 0)
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
