namespace Casemate.Addon;

/// <summary>An add-on cannot be made as asked.</summary>
public sealed class AddonException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="remedy">What to do; null when the message says so.</param>
    public AddonException(string message, string? remedy = null)
        : base(message) => Remedy = remedy;

    /// <summary>What to do; null when the message says so.</summary>
    public string? Remedy { get; }
}
