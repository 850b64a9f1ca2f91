namespace Casemate.Quoting;

/// <summary>Evidence could not be made.</summary>
/// <param name="message">What went wrong, for the person who runs the workload.</param>
/// <param name="isTransient">True when the same request may succeed later.</param>
/// <param name="cause">What happened underneath; null when the message says it all.</param>
public sealed class EvidenceProviderException(string message, bool isTransient, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>True when the same request may succeed later.</summary>
    public bool IsTransient { get; } = isTransient;
}
