using System.Collections.Concurrent;

namespace Casemate.Quoting.Tests.Service;

/// <summary>A back end that does what a test says: answers at once, or when it is told to, or fails.</summary>
internal sealed class ScriptedProvider(int concurrency = 1) : IQuoteProvider
{
    private static readonly QuotingTarget s_target = new(
        new byte[QuotingTarget.TargetInfoSize], new byte[QuotingTarget.PublicKeyIdSize], 4);

    /// <summary>Calls that wait for the test, in the order in which they came.</summary>
    public ConcurrentQueue<Call> Calls { get; } = new();

    /// <summary>Signalled with each call.</summary>
    public SemaphoreSlim Called { get; } = new(0);

    /// <summary>What becomes of a call; null: it waits for the test.</summary>
    public Func<QuoteRequest, QuoteAnswer>? Answer { get; set; }

    public Func<bool, Task<QuotingTarget>> Initialise { get; set; } = _ => Task.FromResult(s_target);

    public List<bool> Initialisations { get; } = [];

    public bool HeedsCancellation { get; set; } = true;

    public static QuotingTarget Target => s_target;

    public string Name => "scripted";

    public bool Simulated => true;

    public int MaximumConcurrency => concurrency;

    public AttestationKeyId KeyId => AttestationKeyId.IntelQe3;

    public static QuoteAnswer Quote(byte mark = 1) => new(new byte[] { mark, 2, 3, 4 }, default);

    public async ValueTask<QuotingTarget> InitialiseAsync(bool refresh, CancellationToken cancellationToken)
    {
        lock (Initialisations)
        {
            Initialisations.Add(refresh);
        }

        return await Initialise(refresh);
    }

    public async ValueTask<QuoteAnswer> QuoteAsync(QuoteRequest request, CancellationToken cancellationToken)
    {
        if (Answer is { } answer)
        {
            return answer(request);
        }

        var call = new Call(request);
        Calls.Enqueue(call);
        Called.Release();
        return await call.Result.Task.WaitAsync(HeedsCancellation ? cancellationToken : CancellationToken.None);
    }

    /// <summary>Waits for the next call and takes it.</summary>
    public async Task<Call> NextCallAsync()
    {
        Assert.True(await Called.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken), "the back end was not called");
        Assert.True(Calls.TryDequeue(out var call));
        return call;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal sealed class Call(QuoteRequest request)
    {
        public QuoteRequest Request { get; } = request;

        public TaskCompletionSource<QuoteAnswer> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public byte Mark => Request.Report.Span[0];

        public void Finish() => Result.SetResult(Quote(Mark));
    }
}
