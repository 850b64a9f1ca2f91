namespace Casemate.Quoting.Service.Audit;

/// <summary>When records are forced to disk. They are given to the operating system before a quote is given out in any case.</summary>
public enum AuditFlush
{
    /// <summary>Before a quote is given out: a record survives a power cut. Records that arrive together are flushed together.</summary>
    EachRecord = 0,

    /// <summary>Once in <see cref="QuoteAuditLogOptions.FlushInterval"/>: a power cut may take the records of that time.</summary>
    Interval,

    /// <summary>When the operating system finds the time.</summary>
    Never,
}
