namespace Casemate.Quoting.Service;

/// <summary>Why the service itself refused a request, before or instead of an answer of the back end.</summary>
public enum QuoteRefusal
{
    /// <summary>The peer is on no list of those who may quote. Told as <see cref="AesmError.ServiceUnavailable"/>.</summary>
    NotAdmitted = 0,

    /// <summary>The pod asked more often than <see cref="QuoteServiceOptions.RequestsPerSecond"/>.</summary>
    RequestRate,

    /// <summary>The pod had more quotes than <see cref="QuoteServiceOptions.QuotesPerMinute"/>.</summary>
    QuoteRate,

    /// <summary>The pod has <see cref="QuoteServiceOptions.MaximumQueuedPerPod"/> requests waiting.</summary>
    PodQueueFull,

    /// <summary><see cref="QuoteServiceOptions.MaximumQueued"/> requests wait.</summary>
    QueueFull,

    /// <summary>The request waited for its turn as long as its client lets it.</summary>
    WaitTooLong,

    /// <summary>The back end works on the request, but not fast enough for the client.</summary>
    BackendTooSlow,

    /// <summary>The service stops.</summary>
    Stopping,

    /// <summary>The client went away, or the server that it came by stops.</summary>
    Cancelled,

    /// <summary>The quote could not be recorded, and quotes without a record are not given out.</summary>
    NotRecorded,
}
