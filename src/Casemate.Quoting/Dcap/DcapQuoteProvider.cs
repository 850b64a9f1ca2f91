using System.Buffers.Binary;

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

    private readonly DcapWorkerLink _worker;

    /// <summary>Makes a provider; nothing is started until the first call.</summary>
    /// <param name="options">How the library is run.</param>
    public DcapQuoteProvider(DcapProviderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _worker = new DcapWorkerLink(options, DcapWorkerMessage.Load);
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
        _worker.InTurnAsync(() => InitialiseAsync(refresh, retry: true), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<QuoteAnswer> QuoteAsync(QuoteRequest request, CancellationToken cancellationToken)
    {
        // Copied before anything else: the caller's memory is its own again when it stops waiting.
        var frame = DcapWorkerFrame.Write(DcapWorkerMessage.Quote, request.Report, request.QeReportInfo);
        return _worker.InTurnAsync(() => QuoteAsync(frame, request.QeReportInfo.Length), cancellationToken);
    }

    /// <summary>Ends the worker. Calls under way fail.</summary>
    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    private async Task<QuotingTarget> InitialiseAsync(bool refresh, bool retry)
    {
        var frame = DcapWorkerFrame.Write(DcapWorkerMessage.Initialise, new byte[] { refresh ? (byte)1 : (byte)0 });
        DcapWorkerFrame answer;
        try
        {
            answer = await _worker.ExchangeAsync(frame, DcapWorkerMessage.Initialised).ConfigureAwait(false);
        }
        catch (QuoteProviderException e) when (retry && e.DcapCode is KeyNotInitialised or EnclaveLost)
        {
            return await InitialiseAsync(refresh: refresh || e.DcapCode is KeyNotInitialised, retry: false).ConfigureAwait(false);
        }

        const int sizeOffset = QuotingTarget.TargetInfoSize + QuotingTarget.PublicKeyIdSize;
        if (answer.Content.Length != sizeOffset + 4)
        {
            throw await _worker.GarbageAsync($"answered {answer.Content.Length} bytes about the key").ConfigureAwait(false);
        }

        var size = BinaryPrimitives.ReadInt32LittleEndian(answer.Content.Span[sizeOffset..]);
        return size is >= MinimumQuoteSize and <= DcapWorkerFrame.MaximumSize
            ? new QuotingTarget(
                answer.Content[..QuotingTarget.TargetInfoSize], answer.Content[QuotingTarget.TargetInfoSize..sizeOffset], size)
            : throw await _worker.GarbageAsync($"told a quote size of {size} bytes").ConfigureAwait(false);
    }

    private async Task<QuoteAnswer> QuoteAsync(byte[] frame, int qeReportInfoSize)
    {
        DcapWorkerFrame answer;
        try
        {
            answer = await _worker.ExchangeAsync(frame, DcapWorkerMessage.Quoted).ConfigureAwait(false);
        }
        catch (QuoteProviderException e) when (e.DcapCode is KeyNotInitialised or EnclaveLost)
        {
            // Once: an error that comes back is the client's to know.
            await InitialiseAsync(refresh: e.DcapCode is KeyNotInitialised, retry: false).ConfigureAwait(false);
            answer = await _worker.ExchangeAsync(frame, DcapWorkerMessage.Quoted).ConfigureAwait(false);
        }

        return answer.Content.Length >= qeReportInfoSize + MinimumQuoteSize
            ? new QuoteAnswer(answer.Content[qeReportInfoSize..], answer.Content[..qeReportInfoSize])
            : throw await _worker.GarbageAsync($"answered {answer.Content.Length} bytes for a quote").ConfigureAwait(false);
    }
}
