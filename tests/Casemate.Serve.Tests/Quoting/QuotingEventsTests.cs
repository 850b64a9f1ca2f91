using Casemate.Primitives.Sockets;
using Casemate.Quoting;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Serve.Quoting;
using Casemate.Testing;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Tests.Quoting;

public sealed class QuotingEventsTests : IDisposable
{
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly QuoteMetrics _metrics = new();
    private readonly Lines _lines = new();
    private readonly QuotingEvents _events;

    public QuotingEventsTests() => _events = new QuotingEvents(_lines, _metrics, _time);

    private static Peer Pod { get; } = new(new PeerCredential(1, 2, 3), "/s") { PodUid = "u", Namespace = "bank", PodName = "ledger-0" };

    public void Dispose() => _metrics.Dispose();

    public static TheoryData<AesmError> AllCodes => [.. Enum.GetValues<AesmError>().Where(e => e is not AesmError.Success)];

    [Theory]
    [MemberData(nameof(AllCodes))]
    public void WritesALine_WithMeaningAndRemedy_ForEveryCodeThatAClientGets(AesmError code)
    {
        _events.Failed(Pod, new QuoteProviderException(code, "what happened", dcapCode: 0xE011));

        var line = Assert.Single(_lines.Written);
        Assert.Contains($"bank/ledger-0 answered with {code} ({(int)code}), DCAP 0xE011", line, StringComparison.Ordinal);
        Assert.Contains(AesmErrorText.Meaning(code), line, StringComparison.Ordinal);
        Assert.Contains(AesmErrorText.Remedy(code), line, StringComparison.Ordinal);
    }

    [Fact]
    public void WritesALine_ForWhatTheProtocolRefuses_AndNoSecondOne_ForWhatTheServiceTold()
    {
        _events.Answered(Pod, AesmMessageType.SelectAttKeyId, AesmError.UnsupportedAttestationKey);
        _events.Answered(Pod, AesmMessageType.GetQuoteEx, AesmError.Busy);
        _events.Answered(Pod, AesmMessageType.GetQuoteEx, AesmError.Success);

        Assert.StartsWith("SelectAttKeyId of bank/ledger-0 answered with", Assert.Single(_lines.Written), StringComparison.Ordinal);
    }

    [Fact]
    public void LeavesOutRepetitions_AndSaysHowMany()
    {
        for (var i = 0; i < 100; i++)
        {
            _events.Refused(Pod, QuoteRefusal.PodQueueFull, AesmError.Busy);
        }

        _time.Advance(TimeSpan.FromSeconds(11));
        _events.Refused(Pod, QuoteRefusal.PodQueueFull, AesmError.Busy);

        Assert.Equal(2, _lines.Written.Count);
        Assert.Contains("(0 like it not shown)", _lines.Written[0], StringComparison.Ordinal);
        Assert.Contains("(99 like it not shown)", _lines.Written[1], StringComparison.Ordinal);
    }

    [Fact]
    public void StaysBounded_WithAnyNumberOfPeers()
    {
        for (var i = 0; i < 5000; i++)
        {
            _events.Refused(Pod with { PodName = "p" + i }, QuoteRefusal.QueueFull, AesmError.Busy);
        }

        Assert.InRange(_lines.Written.Count, 1000, 1100);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.InRange(eventId.Id, 3400, 3499);
            Written.Add(formatter(state, exception));
        }
    }
}
