namespace Casemate.Measurement.Verity;

/// <summary>A dm-verity tree could not be computed or read. The message is complete for a reader.</summary>
public sealed class VerityException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The reason, to branch on.</param>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="remedy">What to do about it; null when the message says it.</param>
    /// <param name="cause">The error underneath; null when there is none.</param>
    public VerityException(VerityError error, string message, string? remedy = null, Exception? cause = null)
        : base(message, cause)
    {
        Error = error;
        Remedy = remedy;
    }

    /// <summary>The reason.</summary>
    public VerityError Error { get; }

    /// <summary>What to do about it; null when there is nothing to add.</summary>
    public string? Remedy { get; }
}
