namespace Casemate.Quoting.Service;

/// <summary>Settings of <see cref="QuoteService"/>. The defaults let one node's pods share one back end fairly and limit no rate.</summary>
public sealed record QuoteServiceOptions
{
    /// <summary>Requests of one pod that may wait, 1 to 65,536. Peers without a known pod count as one. Default: 1,024.</summary>
    public int MaximumQueuedPerPod { get; init; } = 1024;

    /// <summary>Requests that may wait in total, 1 to 65,536. Default: 4,096.</summary>
    public int MaximumQueued { get; init; } = 4096;

    /// <summary>Quote requests of one pod in a second, with bursts of twice as many; null: no limit. Default: null.</summary>
    public int? RequestsPerSecond { get; init; }

    /// <summary>Quotes of one pod in a minute, with bursts of as many; null: no limit. Default: null.</summary>
    public int? QuotesPerMinute { get; init; }

    /// <summary>Share of a client's own timeout that its request may wait in the queue, above 0, at most 0.9. Default: 0.6.</summary>
    public double QueueShare { get; init; } = 0.6;

    /// <summary>
    /// Share of a client's own timeout after which it is answered in any case, above the queue's share, below 1. Default: 0.9.
    /// </summary>
    public double AnswerShare { get; init; } = 0.9;

    /// <summary>How long a request may wait in the queue whose client sets no timeout, or a longer one. Default: 60 s.</summary>
    public TimeSpan MaximumWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the back end may work on one request before it counts as hung. Default: 60 s.</summary>
    public TimeSpan BackendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long requests that wait at a stop have to be answered. Default: 10 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First pause after a failed initialisation; each next one is twice as long. Default: 1 s.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause after a failed initialisation. Default: 60 s.</summary>
    public TimeSpan MaximumBackOff { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// True: a quote that cannot be recorded is not given out, and nobody gets quotes while the audit log's disk is full. False: it is
    /// given out, and the loss is reported and counted. Default: true.
    /// </summary>
    public bool RequireAudit { get; init; } = true;

    /// <summary>Who may quote; null: everybody who reaches a socket. Default: null.</summary>
    public PodAllowList? AllowList { get; init; }

    /// <summary>
    /// How many turns a namespace's pods get while others get one, 1 to 100; a namespace that is not named gets one.
    /// Default: empty.
    /// </summary>
    public IReadOnlyDictionary<string, int> WeightByNamespace { get; init; } = new Dictionary<string, int>();

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        if (MaximumQueuedPerPod is < 1 or > 65536 || MaximumQueued is < 1 or > 65536)
        {
            yield return "MaximumQueuedPerPod and MaximumQueued: use 1 to 65536 (defaults 1024 and 4096).";
        }

        if (RequestsPerSecond < 1 || QuotesPerMinute < 1)
        {
            yield return "RequestsPerSecond and QuotesPerMinute: use 1 or more, or leave them out for no limit.";
        }

        if (!(QueueShare > 0 && QueueShare <= 0.9 && AnswerShare > QueueShare && AnswerShare < 1))
        {
            yield return $"QueueShare is {QueueShare}, AnswerShare is {AnswerShare}: "
                + "use 0 < QueueShare < AnswerShare < 1 (defaults 0.6, 0.9).";
        }

        var longest = TimeSpan.FromDays(1);
        if (MaximumWait <= TimeSpan.Zero || BackendTimeout <= TimeSpan.Zero || DrainTimeout < TimeSpan.Zero
            || MaximumWait > longest || BackendTimeout > longest || DrainTimeout > longest)
        {
            yield return "MaximumWait, BackendTimeout and DrainTimeout: use a time above zero, at most a day (defaults 60 s, 60 s, 10 s).";
        }

        if (FirstBackOff <= TimeSpan.Zero || MaximumBackOff < FirstBackOff || MaximumBackOff > TimeSpan.FromHours(1))
        {
            yield return "FirstBackOff and MaximumBackOff: use a time above zero, at most 1 hour, "
                + "the first not above the other (1 s, 60 s).";
        }

        foreach (var (name, weight) in WeightByNamespace.Where(w => w.Value is < 1 or > 100))
        {
            yield return $"WeightByNamespace of {name} is {weight}: use 1 to 100.";
        }
    }
}
