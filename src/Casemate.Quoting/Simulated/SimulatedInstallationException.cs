namespace Casemate.Quoting.Simulated;

/// <summary>The stored state of a simulated platform cannot be used.</summary>
/// <param name="message">What is wrong, and with which file.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="cause">What happened underneath; null when the message says it all.</param>
public sealed class SimulatedInstallationException(string message, string remedy, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;
}
