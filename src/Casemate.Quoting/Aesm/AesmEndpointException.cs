using Casemate.Primitives.Sockets;

namespace Casemate.Quoting.Aesm;

/// <summary>A socket cannot be listened on.</summary>
/// <param name="message">What is wrong, and with which socket.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="cause">What happened underneath; null when the message says it all.</param>
public sealed class AesmEndpointException(string message, string remedy, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>Says the same of a socket's file, with the remedy that a quote helper needs.</summary>
    /// <param name="problem">Why it cannot be listened on.</param>
    public static AesmEndpointException From(SocketFileException problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return new AesmEndpointException(
            problem.Message,
            problem.IsTaken ? "Stop it first (aesmd: systemctl disable --now aesmd), or name another path." : problem.Remedy, problem);
    }
}
