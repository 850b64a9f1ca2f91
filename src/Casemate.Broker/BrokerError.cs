namespace Casemate.Broker;

/// <summary>A refusal, as the caller may see it.</summary>
/// <param name="Code">The stable name.</param>
/// <param name="Detail">One sentence or two for people; never a secret, and never whether a resource exists that may not be read.</param>
public sealed record BrokerError(BrokerErrorCode Code, string Detail)
{
    /// <summary>The earliest moment at which another try makes sense; null: not said.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What failed underneath, for the operator's log; null for most refusals. Never shown to the caller.</summary>
    public Exception? Cause { get; init; }
}
