namespace Casemate.Serve.Http;

/// <summary>
/// Which of many sockets a connection came in by; a feature of the connection. The kernel's own name of a socket is the one that it was bound
/// under, before it was moved to where clients look for it.
/// </summary>
/// <param name="Path">The path that clients connect to.</param>
internal sealed record SocketPath(string Path);
