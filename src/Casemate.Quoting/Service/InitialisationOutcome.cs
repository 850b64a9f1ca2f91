namespace Casemate.Quoting.Service;

/// <summary>How a request for the quoting target ended.</summary>
/// <param name="Error"><see cref="AesmError.Success"/>, or why there is no target.</param>
/// <param name="Target">The target; null exactly when <paramref name="Error"/> is not <see cref="AesmError.Success"/>.</param>
public readonly record struct InitialisationOutcome(AesmError Error, QuotingTarget? Target);
