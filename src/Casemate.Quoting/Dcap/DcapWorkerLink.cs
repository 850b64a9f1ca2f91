using System.Buffers.Binary;
using System.Text;

namespace Casemate.Quoting.Dcap;

/// <summary>
/// The quote helper's end of the line to a worker process with one of Intel's libraries in it: starts the worker when it is needed, has
/// one request after the other answered, and ends it when it crashes, hangs or answers garbage. Codes: <see cref="AesmError.EnclaveLost"/>
/// after a crash, <see cref="AesmError.BackendBusy"/> after hanging and while no new worker may be started,
/// <see cref="AesmError.Unexpected"/> after garbage, <see cref="AesmError.InterfaceUnavailable"/> without the library,
/// <see cref="AesmError.ServiceUnavailable"/> when no worker can be started; the library's own errors as
/// <see cref="AesmErrorText.FromDcap"/> maps them.
/// </summary>
/// <param name="options">How the library is run.</param>
/// <param name="load">The message that has the worker load its library.</param>
internal sealed class DcapWorkerLink(DcapProviderOptions options, DcapWorkerMessage load) : IAsyncDisposable
{
    private const string RestartRemedy =
        "None needed if it stays rare: the next request gets a new worker. Else see the log for its last words.";

    private readonly DcapProviderOptions _options = options;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _disposed = new();
    private WorkerProcess? _worker;
    private int _failures;
    private long _notBefore;

    /// <summary>Ends the worker. Calls under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed.IsCancellationRequested)
        {
            return;
        }

        // The order matters: whoever starts a worker publishes it first and then looks whether to stop, this method does the opposite.
        await _disposed.CancelAsync().ConfigureAwait(false);
        Volatile.Read(ref _worker)?.Kill();
        await _turn.WaitAsync().ConfigureAwait(false);
        if (_worker is { } worker)
        {
            await worker.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Makes calls when no other makes any. Whoever stops waiting does not stop the calls.</summary>
    public async ValueTask<T> InTurnAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token))
        {
            try
            {
                await _turn.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
            {
                throw Stopped();
            }
        }

        // A caller that stops waiting does not stop the library: the call keeps its turn until the worker has answered.
        var running = FinishAsync(call);
        _ = running.ContinueWith(
            static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return await running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> FinishAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Has one request answered; only within a turn.</summary>
    /// <exception cref="QuoteProviderException">The library refused, or the worker failed.</exception>
    public async Task<DcapWorkerFrame> ExchangeAsync(byte[] request, DcapWorkerMessage expected)
    {
        try
        {
            var worker = _worker ?? await StartAsync().ConfigureAwait(false);
            var answer = await worker.ExchangeAsync(request).ConfigureAwait(false);
            var frame = await ReadAsync(answer, expected).ConfigureAwait(false);
            _failures = 0;
            return frame;
        }
        catch (WorkerFailedException e)
        {
            throw await FailAsync(e).ConfigureAwait(false);
        }
    }

    private async Task<DcapWorkerFrame> ReadAsync(DcapWorkerFrame answer, DcapWorkerMessage expected)
    {
        if (answer.Message == expected)
        {
            return answer;
        }

        if (answer.Message is not (DcapWorkerMessage.Refused or DcapWorkerMessage.Failed) || answer.Content.Length < 4)
        {
            throw await GarbageAsync($"answered with message {(byte)answer.Message}").ConfigureAwait(false);
        }

        var code = BinaryPrimitives.ReadUInt32LittleEndian(answer.Content.Span);
        _failures = answer.Message is DcapWorkerMessage.Refused ? 0 : _failures;
        var text = Encoding.UTF8.GetString(answer.Content.Span[4..]);
        throw answer.Message is DcapWorkerMessage.Refused
            ? QuoteProviderException.FromDcap(text, code)
            : new QuoteProviderException(Enum.IsDefined((AesmError)code) ? (AesmError)code : AesmError.Unexpected, text);
    }

    private async Task<WorkerProcess> StartAsync()
    {
        if (_disposed.IsCancellationRequested)
        {
            throw Stopped();
        }

        var wait = _failures > 1 ? _notBefore - _options.Time.GetTimestamp() : 0;
        if (wait > 0)
        {
            throw new QuoteProviderException(
                AesmError.BackendBusy, $"the worker failed {_failures} times in a row; no other is started for some seconds",
                "Look for the reason in the log lines before this one.");
        }

        var worker = WorkerProcess.Start(_options);
        Interlocked.Exchange(ref _worker, worker);
        if (_disposed.IsCancellationRequested)
        {
            throw new WorkerFailedException(AesmError.ServiceStopped, "the quote helper is stopping");
        }

        var answer = await worker.ExchangeAsync(
            DcapWorkerFrame.Write(load, Encoding.UTF8.GetBytes(_options.LibraryDirectory ?? string.Empty)))
            .ConfigureAwait(false);
        try
        {
            answer = await ReadAsync(answer, DcapWorkerMessage.Loaded).ConfigureAwait(false);
        }
        catch (QuoteProviderException e)
        {
            // A worker without its library is of no use; the next one may find it.
            await FailAsync(new WorkerFailedException(e.Code, e.Message, e)).ConfigureAwait(false);
            throw;
        }

        _options.Events.Started(worker.Id, Encoding.UTF8.GetString(answer.Content.Span));
        return worker;
    }

    /// <summary>Ends a worker that answered what cannot be; throw what comes back.</summary>
    public Task<QuoteProviderException> GarbageAsync(string what) =>
        FailAsync(new WorkerFailedException(AesmError.Unexpected, $"the worker {what}"));

    private async Task<QuoteProviderException> FailAsync(WorkerFailedException failure)
    {
        var worker = Interlocked.Exchange(ref _worker, null);
        if (worker is not null)
        {
            await worker.DisposeAsync().ConfigureAwait(false);
        }

        if (_disposed.IsCancellationRequested)
        {
            return Stopped();
        }

        var wait = BackOff(++_failures);
        _notBefore = _options.Time.GetTimestamp() + (long)(wait.TotalSeconds * _options.Time.TimestampFrequency);
        _options.Events.Failed(worker?.Id ?? 0, failure.Message, wait);
        return new QuoteProviderException(
            failure.Code, failure.Message, failure.Code is AesmError.EnclaveLost or AesmError.BackendBusy ? RestartRemedy : null,
            cause: failure);
    }

    private TimeSpan BackOff(int failures)
    {
        if (failures < 2)
        {
            return TimeSpan.Zero;
        }

        var wait = _options.FirstBackOff * Math.Pow(2, Math.Min(failures - 2, 16));
        return wait < _options.LongestBackOff ? wait : _options.LongestBackOff;
    }

    private static QuoteProviderException Stopped() => new(AesmError.ServiceStopped, "the quote helper is stopping");
}
