namespace Casemate.Quoting.Service.Audit;

/// <summary>Settings of <see cref="QuoteAuditLog"/>.</summary>
public sealed record QuoteAuditLogOptions
{
    /// <summary>When records are forced to disk. Default: <see cref="AuditFlush.Interval"/>.</summary>
    public AuditFlush Flush { get; init; } = AuditFlush.Interval;

    /// <summary>Time between two flushes with <see cref="AuditFlush.Interval"/>. Default: 1 s.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes after which a new file is begun, at least 4,096. Default: 64 MiB.</summary>
    public long MaximumFileBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Full files that are kept beside the one being written; the oldest is deleted. At least 1. Default: 8.</summary>
    public int FilesKept { get; init; } = 8;
}
