namespace Casemate.KataPolicy.Layers;

/// <summary>A layer cannot become a block device whose root is known. The message is complete for a reader.</summary>
public sealed class LayerException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The reason, to branch on.</param>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="remedy">What to do about it; null when the message says it.</param>
    public LayerException(LayerError error, string message, string? remedy = null)
        : base(message) => (Error, Remedy) = (error, remedy);

    /// <summary>The reason.</summary>
    public LayerError Error { get; }

    /// <summary>What to do about it; null when there is nothing to add.</summary>
    public string? Remedy { get; }
}
