using System.Collections.Immutable;
using Casemate.Quoting.Dcap;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Dcap;

/// <summary>
/// Intel's library for TDs in its worker process, with a stand-in that misbehaves on order: of each quote the first order goes to the
/// making of the key, if there is none yet, the next one to the quote itself.
/// </summary>
public sealed class DcapTdQuoteProviderTests : IClassFixture<DcapStandIn>, IDisposable
{
    private readonly DcapStandIn _standIn;
    private readonly TemporaryDirectory _directory = new();
    private readonly RecordedWorkerEvents _events = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly byte[] _report = [.. Enumerable.Range(0, 1024).Select(i => (byte)i)];

    public DcapTdQuoteProviderTests(DcapStandIn standIn)
    {
        _standIn = standIn;
        Assert.SkipWhen(standIn.Problem is not null, standIn.Problem ?? string.Empty);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task QuotesTheReport_InAnotherProcess_OfItsOwnLength()
    {
        await using var provider = Provider("size=5000");

        var quote = await QuoteAsync(provider);

        Assert.Equal(1100, quote.Length);
        Assert.Equal(_report[..584], quote[48..632]);
        var (processId, library) = Assert.Single(_events.Starts);
        Assert.NotEqual(Environment.ProcessId, processId);
        Assert.EndsWith("libsgx_tdx_logic.so.1", library, StringComparison.Ordinal);
        Assert.Equal(("dcap", false, 1), (provider.Name, provider.Simulated, provider.MaximumConcurrency));
    }

    [Fact]
    public async Task MakesTheKeyOnce_ForManyQuotes()
    {
        await using var provider = Provider();

        var quotes = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => QuoteAsync(provider)));

        Assert.All(quotes, quote => Assert.Equal((0, 1), (quote[46], quote[47])));
        Assert.Single(_events.Starts);
    }

    [Theory]
    [InlineData("0x1100F", 1)]
    [InlineData("0x11014", 0)]
    public async Task AKeyThatIsGone_IsMade_AndTheQuoteAskedForAgain(string order, int anew)
    {
        await using var provider = Provider("pass\n" + order);

        var quote = await QuoteAsync(provider);

        Assert.Equal((anew, 2), (quote[46], quote[47]));
    }

    [Theory]
    [InlineData("0x11015", AesmError.InvalidReport, 0x11015u)]
    [InlineData("0x11011", AesmError.NoPlatformCertificate, 0x11011u)]
    [InlineData("0x11047", AesmError.Unexpected, 0x11047u)]
    public async Task TheLibrarysErrors_HaveTheirCode_AndTheRemedyOfTheOneForEnclaves(string order, AesmError expected, uint code)
    {
        await using var provider = Provider("pass\n" + order);

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal((expected, (uint?)code), (failure.Code, failure.DcapCode));
        Assert.Equal(AesmErrorText.DcapRemedy(0xE000 | (code & 0xFF)), failure.Remedy);
    }

    [Theory]
    [InlineData("crash", AesmError.EnclaveLost)]
    [InlineData("pass\nabort", AesmError.EnclaveLost)]
    [InlineData("garbage", AesmError.Unexpected)]
    public async Task WhatTheLibraryDoesToItsProcess_CostsOneRequest(string orders, AesmError expected)
    {
        await using var provider = Provider(orders);

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal(expected, failure.Code);
        Assert.Equal(1100, (await QuoteAsync(provider)).Length);
        Assert.Equal(2, _events.Starts.Count);
    }

    [Theory]
    [InlineData("size=0xFFFFFFFF")]
    [InlineData("size=600")]
    public async Task ASizeThatCannotBe_IsRefused(string order)
    {
        await using var provider = Provider(order);

        Assert.Equal(AesmError.Unexpected, (await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider))).Code);
    }

    [Fact]
    public async Task WithoutTheLibrary_SaysWhichIsMissing()
    {
        await using var provider = new DcapTdQuoteProvider(Options("") with { LibraryDirectory = _standIn.Logic });

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(() => QuoteAsync(provider));

        Assert.Equal(AesmError.InterfaceUnavailable, failure.Code);
        Assert.Contains("libsgx_tdx_logic.so.1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReportOfAnotherSize_NeverReachesTheLibrary()
    {
        await using var provider = Provider();

        var failure = await Assert.ThrowsAsync<QuoteProviderException>(
            async () => await provider.QuoteAsync(new byte[432], TestContext.Current.CancellationToken));

        Assert.Equal(AesmError.Parameter, failure.Code);
        Assert.Empty(_events.Starts);
    }

    private DcapTdQuoteProvider Provider(string orders = "") => new(Options(orders));

    private DcapProviderOptions Options(string orders)
    {
        File.WriteAllText(_directory.File("orders"), orders);
        return new DcapProviderOptions
        {
            LibraryDirectory = _standIn.Td,
            Environment = ImmutableDictionary<string, string>.Empty.Add("STAND_IN_ORDERS", _directory.File("orders")),
            Time = _time,
            Events = _events,
        };
    }

    private Task<byte[]> QuoteAsync(DcapTdQuoteProvider provider) =>
        provider.QuoteAsync(_report, TestContext.Current.CancellationToken).AsTask();
}
