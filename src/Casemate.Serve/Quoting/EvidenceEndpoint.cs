using System.Collections.Immutable;
using System.Net.Sockets;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Serve.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Quoting;

/// <summary>
/// One HTTP endpoint on a Unix socket for all evidence that a node can make: runtime data in, an evidence bundle out, with collateral
/// if that is asked for. The same queue, limits, identities and records as for the sockets of the AESM protocol.
/// </summary>
/// <example>
/// <code>
/// curl --unix-socket /var/run/aesmd/evidence.socket http://localhost/v1/evidence -d '{"tee":"tdx","reportData":"AAEC","collateral":true}'
/// </code>
/// </example>
public sealed class EvidenceEndpoint : IAsyncDisposable
{
    /// <summary>The path of requests: GET describes the node, POST makes evidence.</summary>
    public const string Path = EvidenceApplication.Path;

    private const UnixFileMode EveryoneConnects =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>The socket's name beside an AESM socket.</summary>
    internal const string SocketName = "evidence.socket";

    private readonly LocalHttpServer _server;
    private readonly SharedListener? _allocations;
    private readonly LocalHttpServer? _forAllocations;

    private EvidenceEndpoint(LocalHttpServer server, SharedListener? allocations, LocalHttpServer? forAllocations) =>
        (_server, _allocations, _forAllocations) = (server, allocations, forAllocations);

    /// <summary>Starts the endpoint.</summary>
    /// <param name="socketPath">Absolute path of at most 107 bytes.</param>
    /// <param name="service">Gives everybody their turn.</param>
    /// <param name="sources">The evidence that the node makes of itself; the first is the default.</param>
    /// <param name="quotesEnclaves">Whether reports of enclaves are quoted.</param>
    /// <param name="collateral">Where collateral comes from; null: there is none.</param>
    /// <param name="peers">Finds the pod behind a connection.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="allocations">The directory of the directories that <see cref="Listen"/> is told of; null: there are none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    public static async Task<EvidenceEndpoint> StartAsync(
        string socketPath, QuoteService service, ImmutableArray<NodeEvidenceSource> sources, bool quotesEnclaves,
        ICollateralSource? collateral, IPeerResolver peers, QuoteMetrics metrics, string? allocations, TimeProvider time,
        ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(socketPath);
        ArgumentNullException.ThrowIfNull(loggers);
        var logger = loggers.CreateLogger("Casemate.Quoting");
        var application = new EvidenceApplication(
            socketPath, service, sources, quotesEnclaves, collateral, peers, metrics, time, logger);
        var server = await LocalHttpServer.StartAsync(
            socketPath, EveryoneConnects, EvidenceRequest.MaximumSize, application, time, loggers, logger, cancellationToken).ConfigureAwait(false);
        QuotingLog.EvidenceListening(logger, server.Endpoint, string.Join(", ", sources.Select(s => KbsTee.NameOf(s.Tee))));
        if (allocations is null)
        {
            return new EvidenceEndpoint(server, null, null);
        }

        try
        {
            var sockets = new SharedListener(
                new UnixDomainSocketEndPoint(System.IO.Path.Combine(allocations, "*")), EveryoneConnects, time,
                new FrameworkLoggerFactory(loggers), logger);
            var forAllocations = await LocalHttpServer.StartAsync(
                sockets, EvidenceRequest.MaximumSize, application, loggers, cancellationToken).ConfigureAwait(false);
            return new EvidenceEndpoint(server, sockets, forAllocations);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Listens in the directory of an allocation as well.</summary>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    internal void Listen(string directory) => _allocations?.Listen(System.IO.Path.Combine(directory, SocketName));

    /// <summary>Stops listening in the directory of an allocation.</summary>
    internal Task CloseAsync(string directory) =>
        _allocations?.CloseAsync(System.IO.Path.Combine(directory, SocketName)) ?? Task.CompletedTask;

    /// <summary>Stops listening and waits for requests under way.</summary>
    /// <param name="cancellationToken">Cuts them off.</param>
    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        _server.StopAsync(cancellationToken), _forAllocations?.StopAsync(cancellationToken) ?? Task.CompletedTask);

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        await (_forAllocations?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
    }
}
