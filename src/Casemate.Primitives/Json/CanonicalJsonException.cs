namespace Casemate.Primitives.Json;

/// <summary>A JSON value has no canonical form; the message says why.</summary>
public sealed class CanonicalJsonException : FormatException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong with the value.</param>
    /// <param name="innerException">What the JSON reader said, if it was the one to object.</param>
    public CanonicalJsonException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
