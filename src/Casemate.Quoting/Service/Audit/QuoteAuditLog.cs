using Casemate.Primitives.Files;

namespace Casemate.Quoting.Service.Audit;

/// <summary>
/// An append-only file of quotes, one JSON object a line. Each line carries the SHA-256 of the line before it, also across files, so
/// that a record that is changed, taken out or moved breaks the chain.
/// </summary>
/// <remarks>
/// A full file <c>quotes.jsonl</c> becomes <c>quotes.jsonl.FIRST</c>, with the number of its first record in twenty digits. While the
/// disk is full every record fails, and <see cref="QuoteServiceOptions.RequireAudit"/> says what becomes of the quotes; nothing is left
/// half written, and recording goes on by itself when there is room. After a crash a torn last line is cut off, and a record says so.
/// The newest records can be cut off unnoticed by whoever can write the file: ship the lines elsewhere as well.
/// </remarks>
public sealed class QuoteAuditLog : IQuoteAudit, IAsyncDisposable
{
    private static readonly HashChainedLogOptions s_log = new() { Name = "audit log", Writer = "quote helper", Subject = "quote" };

    private readonly HashChainedLog _log;
    private readonly ITimer? _flushTimer;

    private QuoteAuditLog(HashChainedLog log, QuoteAuditLogOptions options, TimeProvider time)
    {
        _log = log;
        _flushTimer = options.Flush is AuditFlush.Interval
            ? time.CreateTimer(_ => log.Flush(), null, options.FlushInterval, options.FlushInterval)
            : null;
    }

    /// <summary>Opens or makes a log, for this process alone.</summary>
    /// <param name="path">The file; its directory must exist. A file <c>.lock</c> is kept beside it.</param>
    /// <param name="options">Size and safety.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process has it.</exception>
    /// <exception cref="InvalidDataException">The last whole line is no record, so that the chain cannot be continued.</exception>
    public static QuoteAuditLog Open(string path, QuoteAuditLogOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.FlushInterval, TimeSpan.Zero);
        return new QuoteAuditLog(HashChainedLog.Open(Path.GetFullPath(path), OptionsOf(options), time.GetUtcNow()), options, time);
    }

    /// <inheritdoc/>
    public ValueTask RecordAsync(QuoteAuditRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        return _log.AppendAsync(record.Time, writer => QuoteAuditLine.Write(writer, record), cancellationToken);
    }

    /// <summary>Writes what is waiting, forces it to disk and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_flushTimer is not null)
        {
            await _flushTimer.DisposeAsync().ConfigureAwait(false);
        }

        await _log.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Checks the chain of a log with its full files, also of one that is being written.</summary>
    /// <param name="path">The file being written.</param>
    /// <returns>
    /// How many records follow one another, and the first line that does not, as <c>FILE:LINE: what is wrong</c>; null when none is
    /// wrong. The oldest file that is kept may begin anywhere, since the ones before it are deleted in time.
    /// </returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static (long Records, string? Problem) Verify(string path)
    {
        var chain = HashChainedLog.Verify(path, OptionsOf(new QuoteAuditLogOptions()));
        return (chain.Records, chain.Break is { } at ? $"{at.Path}:{at.Line}: {at.Problem}" : null);
    }

    private static HashChainedLogOptions OptionsOf(QuoteAuditLogOptions options) => s_log with
    {
        MaximumFileBytes = options.MaximumFileBytes,
        FilesKept = options.FilesKept,
        FlushesEachRecord = options.Flush is AuditFlush.EachRecord,
    };
}
