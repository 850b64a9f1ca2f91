namespace Casemate.Quoting.Aesm;

/// <summary>A call by <see cref="AesmClient"/> failed.</summary>
/// <param name="message">What went wrong, in which call.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="error">What the service answered; null: there was no proper answer.</param>
/// <param name="cause">What happened underneath; null when the message says it all.</param>
public sealed class AesmClientException(string message, string remedy, AesmError? error = null, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>What the service answered; null: there was no proper answer.</summary>
    public AesmError? Error { get; } = error;
}
