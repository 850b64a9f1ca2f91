namespace Casemate.Measurement.Tdx;

/// <summary>A measurement cannot be computed from what was given. The message is complete for a reader.</summary>
public sealed class TdxMeasurementException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is missing or wrong, and where.</param>
    /// <param name="remedy">What to do about it; null when the message says it.</param>
    public TdxMeasurementException(string message, string? remedy = null)
        : base(message) => Remedy = remedy;

    /// <summary>What to do about it; null when there is nothing to add.</summary>
    public string? Remedy { get; }
}
