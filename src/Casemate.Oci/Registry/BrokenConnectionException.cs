namespace Casemate.Oci.Registry;

/// <summary>
/// A request or its answer broke off, or never began. Stays inside the client: it is tried again, or becomes an <see cref="OciException"/>.
/// </summary>
/// <param name="message">What happened, fit for a message: short, printable, without a credential.</param>
/// <param name="isTransient">True when another attempt may help.</param>
/// <param name="remedy">What to do about it; null when there is nothing to add.</param>
/// <param name="cause">The error underneath.</param>
internal sealed class BrokenConnectionException(string message, bool isTransient, string? remedy = null, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>True when another attempt may help.</summary>
    public bool IsTransient { get; } = isTransient;

    /// <summary>What to do about it.</summary>
    public string? Remedy { get; } = remedy;
}
