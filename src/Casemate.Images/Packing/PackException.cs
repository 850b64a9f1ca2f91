using System.Collections.Immutable;

namespace Casemate.Images.Packing;

/// <summary>Something is not packed. The message is complete for a reader.</summary>
public sealed class PackException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The reason, to branch on.</param>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="remedy">What to do about it; null when the message says it.</param>
    /// <param name="cause">The error underneath; null when there is none.</param>
    public PackException(PackError error, string message, string? remedy = null, Exception? cause = null)
        : base(message, cause)
    {
        Error = error;
        Remedy = remedy;
    }

    /// <summary>The reason.</summary>
    public PackError Error { get; }

    /// <summary>What to do about it; null when there is nothing to add.</summary>
    public string? Remedy { get; }

    /// <summary>What is missing, one sentence each; empty for other reasons than <see cref="PackError.Incomplete"/>.</summary>
    public ImmutableArray<string> Findings { get; init; } = [];
}
