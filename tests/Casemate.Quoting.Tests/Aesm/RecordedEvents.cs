using System.Collections.Concurrent;
using Casemate.Primitives.Sockets;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>What a server reported, as lines that a test can wait for.</summary>
internal sealed class RecordedEvents : IAesmServerEvents
{
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly SemaphoreSlim _added = new(0);

    public IReadOnlyCollection<string> Lines => _lines;

    public void Listening(string endpoint) => Add($"listening {endpoint}");

    public void SocketRestored(string endpoint) => Add($"restored {endpoint}");

    public void SocketLost(string endpoint, string problem) => Add($"lost {endpoint}: {problem}");

    public void ConnectionRefused(string endpoint, PeerCredential credential, string limit) => Add($"refused: {limit}");

    public void ConnectionDropped(string endpoint, PeerCredential credential, string reason) => Add($"dropped: {reason}");

    public void Answered(Peer peer, AesmMessageType type, AesmError error) => Add($"answered {type}: {error}");

    public void Faulted(string endpoint, Exception exception) => Add($"faulted: {exception.Message}");

    /// <summary>Waits until a line has been reported that begins so; returns it.</summary>
    public async Task<string> WaitAsync(string start)
    {
        while (true)
        {
            if (_lines.FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal)) is { } line)
            {
                return line;
            }

            if (!await _added.WaitAsync(TimeSpan.FromSeconds(30)))
            {
                throw new TimeoutException($"'{start}' was not reported, but: {string.Join("; ", _lines)}");
            }
        }
    }

    private void Add(string line)
    {
        _lines.Enqueue(line);
        _added.Release();
    }
}
