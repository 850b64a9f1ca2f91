namespace Casemate.Quoting.Service;

/// <summary>How a request for a quote ended.</summary>
/// <param name="Error"><see cref="AesmError.Success"/>, or why there is no quote.</param>
/// <param name="Answer">The quote; null exactly when <paramref name="Error"/> is not <see cref="AesmError.Success"/>.</param>
public readonly record struct QuoteOutcome(AesmError Error, QuoteAnswer? Answer)
{
    /// <summary>The outcome of a request that was refused or failed.</summary>
    public static QuoteOutcome Failed(AesmError error) => new(error, null);

    /// <summary>The outcome of a request that got its quote.</summary>
    public static QuoteOutcome Made(QuoteAnswer answer) => new(AesmError.Success, answer);
}
