namespace Casemate.Measurement.Enclave;

/// <summary>A file is no enclave that can be read, measured or signed. The message is complete for a reader; it holds no secret.</summary>
public sealed class EnclaveException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The reason, to branch on.</param>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="remedy">What to do about it; null when the message says it.</param>
    /// <param name="cause">The error underneath; null when there is none.</param>
    public EnclaveException(EnclaveError error, string message, string? remedy = null, Exception? cause = null)
        : base(message, cause)
    {
        Error = error;
        Remedy = remedy;
    }

    /// <summary>The reason.</summary>
    public EnclaveError Error { get; }

    /// <summary>What to do about it; null when there is nothing to add.</summary>
    public string? Remedy { get; }

    internal static EnclaveException Malformed(string message) => new(EnclaveError.MalformedEnclave, message);

    internal static EnclaveException TooLarge(string message) => new(
        EnclaveError.LimitExceeded, message, "No processor holds such an enclave: the file is damaged or made to waste your time.");
}
