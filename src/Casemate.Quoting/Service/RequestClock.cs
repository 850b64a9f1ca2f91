namespace Casemate.Quoting.Service;

/// <summary>What is left of a request's time.</summary>
internal readonly struct RequestClock(TimeProvider time, QuoteServiceOptions options, TimeSpan? clientTimeout)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Time since the request came.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>How long the request may wait for its turn.</summary>
    public TimeSpan QueueTime => Share(options.QueueShare, options.MaximumWait);

    /// <summary>How long from now on until the client must have an answer, whatever the back end does.</summary>
    public TimeSpan AnswerTime
    {
        get
        {
            if (clientTimeout is null)
            {
                return options.BackendTimeout;
            }

            var rest = Share(options.AnswerShare, TimeSpan.MaxValue) - Elapsed;
            return rest <= TimeSpan.Zero ? TimeSpan.Zero : rest < options.BackendTimeout ? rest : options.BackendTimeout;
        }
    }

    // Clients state what they like, also more than a timer can count.
    private TimeSpan Share(double share, TimeSpan most) =>
        clientTimeout is not { } timeout ? most
        : timeout <= TimeSpan.Zero ? TimeSpan.Zero
        : timeout > TimeSpan.FromDays(1) && most > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1)
        : timeout * share < most ? timeout * share
        : most;
}
