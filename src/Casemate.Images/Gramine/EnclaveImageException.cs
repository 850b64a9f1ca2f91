using System.Collections.Immutable;

namespace Casemate.Images.Gramine;

/// <summary>An image is not turned into a Gramine-based one. The message is complete for a reader.</summary>
public sealed class EnclaveImageException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The reason, to branch on.</param>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="remedy">What to do about it; null when the message says it.</param>
    public EnclaveImageException(EnclaveImageError error, string message, string? remedy = null)
        : base(message) => (Error, Remedy) = (error, remedy);

    /// <summary>The reason.</summary>
    public EnclaveImageError Error { get; }

    /// <summary>What to do about it; null when there is nothing to add.</summary>
    public string? Remedy { get; }

    /// <summary>What is missing, one sentence each; empty for other reasons.</summary>
    public ImmutableArray<string> Findings { get; init; } = [];
}
