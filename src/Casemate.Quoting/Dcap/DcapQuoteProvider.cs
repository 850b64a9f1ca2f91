using System.Buffers.Binary;
using System.Text;

namespace Casemate.Quoting.Dcap;

/// <summary>
/// Quotes of Intel's own quoting library, which runs in a worker process: when it crashes, hangs or answers garbage, one request fails
/// with a code that says so, and the next one gets a new worker. Codes: <see cref="AesmError.EnclaveLost"/> after a crash,
/// <see cref="AesmError.BackendBusy"/> after hanging and while no new worker may be started,
/// <see cref="AesmError.Unexpected"/> after garbage, <see cref="AesmError.InterfaceUnavailable"/> without the library,
/// <see cref="AesmError.ServiceUnavailable"/> when no worker can be started; the library's own errors as
/// <see cref="AesmErrorText.FromDcap"/> maps them.
/// </summary>
public sealed class DcapQuoteProvider : IQuoteProvider
{
    private const uint KeyNotInitialised = 0xE00F;
    private const uint EnclaveLost = 0xE014;
    private const int MinimumQuoteSize = 436;
    private const string RestartRemedy =
        "None needed if it stays rare: the next request gets a new worker. Else see the log for its last words.";

    private readonly DcapProviderOptions _options;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _disposed = new();
    private WorkerProcess? _worker;
    private int _failures;
    private long _notBefore;

    /// <summary>Makes a provider; nothing is started until the first call.</summary>
    /// <param name="options">How the library is run.</param>
    public DcapQuoteProvider(DcapProviderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <inheritdoc/>
    public string Name => "dcap";

    /// <inheritdoc/>
    public bool Simulated => false;

    /// <inheritdoc/>
    public int MaximumConcurrency => 1;

    /// <inheritdoc/>
    public AttestationKeyId KeyId => AttestationKeyId.IntelQe3;

    /// <inheritdoc/>
    public ValueTask<QuotingTarget> InitialiseAsync(bool refresh, CancellationToken cancellationToken) =>
        InTurnAsync(() => InitialiseAsync(refresh, retry: true), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<QuoteAnswer> QuoteAsync(QuoteRequest request, CancellationToken cancellationToken)
    {
        // Copied before anything else: the caller's memory is its own again when it stops waiting.
        var frame = DcapWorkerFrame.Write(DcapWorkerMessage.Quote, request.Report, request.QeReportInfo);
        return InTurnAsync(() => QuoteAsync(frame, request.QeReportInfo.Length), cancellationToken);
    }

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

    private async ValueTask<T> InTurnAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
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

    private async Task<QuotingTarget> InitialiseAsync(bool refresh, bool retry)
    {
        var frame = DcapWorkerFrame.Write(DcapWorkerMessage.Initialise, new byte[] { refresh ? (byte)1 : (byte)0 });
        DcapWorkerFrame answer;
        try
        {
            answer = await ExchangeAsync(frame, DcapWorkerMessage.Initialised).ConfigureAwait(false);
        }
        catch (QuoteProviderException e) when (retry && e.DcapCode is KeyNotInitialised or EnclaveLost)
        {
            return await InitialiseAsync(refresh: refresh || e.DcapCode is KeyNotInitialised, retry: false).ConfigureAwait(false);
        }

        const int sizeOffset = QuotingTarget.TargetInfoSize + QuotingTarget.PublicKeyIdSize;
        if (answer.Content.Length != sizeOffset + 4)
        {
            throw await GarbageAsync($"answered {answer.Content.Length} bytes about the key").ConfigureAwait(false);
        }

        var size = BinaryPrimitives.ReadInt32LittleEndian(answer.Content.Span[sizeOffset..]);
        return size is >= MinimumQuoteSize and <= DcapWorkerFrame.MaximumSize
            ? new QuotingTarget(
                answer.Content[..QuotingTarget.TargetInfoSize], answer.Content[QuotingTarget.TargetInfoSize..sizeOffset], size)
            : throw await GarbageAsync($"told a quote size of {size} bytes").ConfigureAwait(false);
    }

    private async Task<QuoteAnswer> QuoteAsync(byte[] frame, int qeReportInfoSize)
    {
        DcapWorkerFrame answer;
        try
        {
            answer = await ExchangeAsync(frame, DcapWorkerMessage.Quoted).ConfigureAwait(false);
        }
        catch (QuoteProviderException e) when (e.DcapCode is KeyNotInitialised or EnclaveLost)
        {
            // Once: an error that comes back is the client's to know.
            await InitialiseAsync(refresh: e.DcapCode is KeyNotInitialised, retry: false).ConfigureAwait(false);
            answer = await ExchangeAsync(frame, DcapWorkerMessage.Quoted).ConfigureAwait(false);
        }

        return answer.Content.Length >= qeReportInfoSize + MinimumQuoteSize
            ? new QuoteAnswer(answer.Content[qeReportInfoSize..], answer.Content[..qeReportInfoSize])
            : throw await GarbageAsync($"answered {answer.Content.Length} bytes for a quote").ConfigureAwait(false);
    }

    private async Task<DcapWorkerFrame> ExchangeAsync(byte[] request, DcapWorkerMessage expected)
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
            DcapWorkerFrame.Write(DcapWorkerMessage.Load, Encoding.UTF8.GetBytes(_options.LibraryDirectory ?? string.Empty)))
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

    private Task<QuoteProviderException> GarbageAsync(string what) =>
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
