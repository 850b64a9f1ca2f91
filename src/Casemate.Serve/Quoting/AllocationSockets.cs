using Casemate.Primitives.Sockets;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service.Peers;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Quoting;

/// <summary>
/// Listens in every directory of a directory: a node agent makes one for each allocation of a device and mounts it into the pod at
/// <c>/var/run/aesmd</c>. The socket says which allocation asks, without any look at the host's processes.
/// </summary>
internal sealed class AllocationSockets : IDisposable
{
    private const string SocketName = "aesm.socket";
    private const int Maximum = 4096;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly AesmServer _server;
    private readonly EvidenceEndpoint? _evidence;
    private readonly string _root;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _served = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private bool _disposed;

    /// <summary>Listens in what is there, and from then on in what is made.</summary>
    /// <param name="server">Answers enclaves.</param>
    /// <param name="evidence">Answers those who speak HTTP; null: nobody does.</param>
    /// <param name="root">The directory of directories.</param>
    /// <param name="time">The clock by which it is looked.</param>
    /// <param name="logger">Is told what cannot be served.</param>
    /// <exception cref="IOException">The directory is not there and cannot be made.</exception>
    public AllocationSockets(AesmServer server, EvidenceEndpoint? evidence, string root, TimeProvider time, ILogger logger)
    {
        (_server, _evidence, _root, _logger) = (server, evidence, root, logger);
        Directory.CreateDirectory(root);
        Look();
        _timer = time.CreateTimer(_ => Look(), null, s_interval, s_interval);
    }

    /// <summary>Looks no more; sockets stay until the server stops.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        _timer.Dispose();
    }

    private void Look()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            try
            {
                var present = Directory.EnumerateDirectories(_root).Take(Maximum).ToHashSet(StringComparer.Ordinal);
                foreach (var gone in _served.Where(directory => !present.Contains(directory)).ToList())
                {
                    _server.Close(Path.Combine(gone, SocketName));
                    _ = _evidence?.CloseAsync(gone);
                    _served.Remove(gone);
                }

                foreach (var directory in present.Where(directory => !_served.Contains(directory)))
                {
                    Serve(directory);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Comes back with the directory; said once, as for a single one.
                Refuse(_root, e.Message);
            }
        }
    }

    private void Serve(string directory)
    {
        try
        {
            _server.Listen(Path.Combine(directory, SocketName), makesDirectory: false);
            _served.Add(directory);
            _refused.Remove(directory);
            if (SocketDirectory.Caution(directory) is { } caution)
            {
                QuotingLog.SocketAtRisk(_logger, caution);
            }

            _evidence?.Listen(directory);                                  // last: enclaves are served where this one cannot be
        }
        catch (AesmEndpointException e)
        {
            Refuse(directory, $"{e.Message} {e.Remedy}");
        }
        catch (ObjectDisposedException)
        {
            _disposed = true;                                              // the server stops
        }
    }

    private void Refuse(string directory, string problem)
    {
        if (_refused.Add(directory))
        {
            QuotingLog.AllocationNotServed(_logger, directory, problem);
        }
    }

    /// <summary>Knows that an allocation is one, and nothing of its pod: nobody has told.</summary>
    internal sealed class UnknownPods : IAllocationDirectory
    {
        public static UnknownPods Instance { get; } = new();

        public AllocatedPod? Find(string allocationId) => null;
    }
}
