using Casemate.Quoting.Qgs;

namespace Casemate.Quoting.Dcap;

/// <summary>
/// Quotes of TDs by Intel's own library, <c>libsgx_tdx_logic.so.1</c>, which runs in a worker process of its own: what goes wrong in it
/// costs one request, as with <see cref="DcapQuoteProvider"/>, whose codes these are.
/// </summary>
public sealed class DcapTdQuoteProvider : ITdQuoteProvider, IAsyncDisposable
{
    private const uint KeyNotInitialised = 0x1100F;
    private const uint EnclaveLost = 0x11014;

    private readonly DcapWorkerLink _worker;

    /// <summary>Makes a provider; nothing is started until the first call.</summary>
    /// <param name="options">How the library is run.</param>
    public DcapTdQuoteProvider(DcapProviderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _worker = new DcapWorkerLink(options, DcapWorkerMessage.LoadTd);
    }

    /// <inheritdoc/>
    public string Name => "dcap";

    /// <inheritdoc/>
    public bool Simulated => false;

    /// <inheritdoc/>
    public int MaximumConcurrency => 1;

    /// <inheritdoc/>
    public ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> tdReport, CancellationToken cancellationToken)
    {
        if (tdReport.Length != TdReport.Size)
        {
            throw new QuoteProviderException(AesmError.Parameter, $"a TD report has {TdReport.Size} bytes, not {tdReport.Length}");
        }

        // Copied before anything else: the caller's memory is its own again when it stops waiting.
        var report = tdReport.ToArray();
        return _worker.InTurnAsync(() => QuoteAsync(report), cancellationToken);
    }

    /// <summary>Ends the worker. Calls under way fail.</summary>
    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    private async Task<byte[]> QuoteAsync(byte[] report)
    {
        try
        {
            return await QuoteAsync(TdKeyRequest.IfMissing, report).ConfigureAwait(false);
        }
        catch (QuoteProviderException e) when (e.DcapCode is KeyNotInitialised or EnclaveLost)
        {
            // Once: an error that comes back is the client's to know.
            return await QuoteAsync(e.DcapCode is KeyNotInitialised ? TdKeyRequest.Anew : TdKeyRequest.Again, report)
                .ConfigureAwait(false);
        }
    }

    private async Task<byte[]> QuoteAsync(TdKeyRequest key, byte[] report)
    {
        const int minimumQuoteSize = 636;
        var frame = DcapWorkerFrame.Write(DcapWorkerMessage.QuoteTd, new[] { (byte)key }, report);
        var answer = await _worker.ExchangeAsync(frame, DcapWorkerMessage.Quoted).ConfigureAwait(false);
        return answer.Content.Length >= minimumQuoteSize
            ? answer.Content.ToArray()
            : throw await _worker.GarbageAsync($"answered {answer.Content.Length} bytes for a quote").ConfigureAwait(false);
    }
}
