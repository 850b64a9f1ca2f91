using System.Text.Encodings.Web;

namespace Casemate.Primitives.Files;

/// <summary>What a <see cref="HashChainedLog"/> is called, how large it grows and how safe it is.</summary>
public sealed record HashChainedLogOptions
{
    /// <summary>What error messages call the log, such as <c>audit log</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What error messages call the program that writes it, such as <c>broker</c>.</summary>
    public required string Writer { get; init; }

    /// <summary>What error messages call that of which a record is kept, such as <c>decision</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The longest line that is read, in bytes without line end. Default: 16 KiB.</summary>
    public int MaximumLineBytes { get; init; } = 16 * 1024;

    /// <summary>
    /// Bytes after which a new file is begun; the full one <c>log.jsonl</c> becomes <c>log.jsonl.FIRST</c>, with the number of its first
    /// record in twenty digits. Null: the log stays one file, and its chain begins in it. Default: null.
    /// </summary>
    public long? MaximumFileBytes { get; init; }

    /// <summary>Full files that are kept beside the one being written; the oldest is deleted. Default: 8.</summary>
    public int FilesKept { get; init; } = 8;

    /// <summary>
    /// True: a record is forced to disk before <see cref="HashChainedLog.AppendAsync"/> ends. False: it is given to the operating system
    /// by then, and <see cref="HashChainedLog.Flush"/> forces it to disk. Default: true.
    /// </summary>
    public bool FlushesEachRecord { get; init; } = true;

    /// <summary>Which characters of text are escaped; null: as <see cref="System.Text.Json.Utf8JsonWriter"/> does.</summary>
    public JavaScriptEncoder? Encoder { get; init; }
}
