using System.Text.Encodings.Web;
using Casemate.Primitives.Files;

namespace Casemate.Broker;

/// <summary>
/// An append-only file of decisions, one JSON object a line. Each line carries the SHA-256 of the line before it, so that a record
/// that is changed, taken out or moved breaks the chain. A record is on disk before the decision takes effect.
/// </summary>
/// <remarks>
/// Records that arrive together are written and flushed together. After a crash the last line may be torn: opening cuts it off and
/// says so in a record. The end of the file can be cut off unnoticed by whoever can write it: ship the lines elsewhere as well.
/// </remarks>
public sealed class AuditLog : IAuditSink, IAsyncDisposable
{
    /// <summary>What the first line carries in place of a hash.</summary>
    public const string FirstPrevious = HashChainedLog.FirstPrevious;

    /// <summary>The longest line that is read, in bytes.</summary>
    public const int MaxLineLength = 256 * 1024;

    private static readonly HashChainedLogOptions Options = new()
    {
        Name = "audit log",
        Writer = "broker",
        Subject = "decision",
        MaximumLineBytes = MaxLineLength,

        // Lines are read by people and by tools for text: quotes and angle brackets stay as they are. Nothing is put into HTML here.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly HashChainedLog _log;

    private AuditLog(HashChainedLog log) => _log = log;

    /// <summary>Opens or makes a log, for this process alone.</summary>
    /// <param name="path">The file; its directory must exist. A file <c>.lock</c> is kept beside it.</param>
    /// <param name="now">The time that stands in a record of recovery.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process has it.</exception>
    /// <exception cref="InvalidDataException">The last whole line is no record, so that the chain cannot be continued.</exception>
    public static AuditLog Open(string path, DateTimeOffset now) => new(HashChainedLog.Open(path, Options, now));

    /// <inheritdoc/>
    public ValueTask RecordAsync(Decision decision, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(decision);
        return _log.AppendAsync(decision.Time, writer => AuditRecord.Write(writer, decision), cancellationToken);
    }

    /// <summary>Writes what is waiting and closes the file.</summary>
    public ValueTask DisposeAsync() => _log.DisposeAsync();

    /// <summary>Checks the whole chain of a log, also of one that a broker is writing to.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The number of records, and the first line that breaks the chain.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AuditChain Verify(string path)
    {
        var chain = HashChainedLog.Verify(path, Options);
        return new AuditChain(chain.Records, chain.Break?.Line, chain.Break?.Problem);
    }
}
