using System.Net.Sockets;
using Casemate.Serve.Http;
using Casemate.Serve.Metrics;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve;

/// <summary><c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> of a service that has no HTTP of its own, such as a node agent.</summary>
public sealed class HealthEndpoint : IAsyncDisposable
{
    private const int MaximumBody = 1024;

    // An answer takes milliseconds. Whoever began a request and does not go on would keep the service from ending.
    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(1);

    private readonly LocalHttpServer _server;
    private readonly TimeProvider _time;

    private HealthEndpoint(LocalHttpServer server, TimeProvider time) => (_server, _time) = (server, time);

    /// <summary>Where it listens: an URL, or the path of a socket.</summary>
    public string Endpoint => _server.Endpoint;

    /// <summary>Starts to listen.</summary>
    /// <param name="address">ADDRESS:PORT, or the absolute path of a Unix socket.</param>
    /// <param name="metrics">What <c>/metrics</c> shows; its holder lets go of it after this.</param>
    /// <param name="whyNotReady">One line: why the service is not ready; null when it is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes the logger.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <param name="pages">What is served besides; null: nothing.</param>
    /// <exception cref="ServeStartException">The address is none, or is taken.</exception>
    public static async Task<HealthEndpoint> StartAsync(
        string address, PrometheusText metrics, Func<string?> whyNotReady, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken, IReadOnlyList<HealthPage>? pages = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(whyNotReady);
        ArgumentNullException.ThrowIfNull(loggers);
        if (!address.StartsWith('/') && ListenAddress.TryParse(address) is null)
        {
            throw new ServeStartException([$"Health is '{address}': use ADDRESS:PORT, such as 127.0.0.1:9465, or the path of a socket."]);
        }

        var logger = loggers.CreateLogger("Casemate.Serve");
        try
        {
            var server = await LocalHttpServer.StartAsync(
                address, UnixFileMode.UserRead | UnixFileMode.UserWrite, MaximumBody,
                new HealthApplication(
                    new HealthAnswers(metrics), whyNotReady, pages ?? [], failure => ServeLog.HealthFailed(logger, failure)),
                time, loggers, logger, cancellationToken).ConfigureAwait(false);
            ServeLog.HealthListening(logger, server.Endpoint);
            return new HealthEndpoint(server, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or Casemate.Quoting.Aesm.AesmEndpointException)
        {
            throw new ServeStartException([$"Health: {address} cannot be listened on: {e.Message}"], e);
        }
    }

    /// <summary>Stops listening and waits for requests under way, a second at most.</summary>
    /// <param name="cancellationToken">Cuts them off sooner.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_stopPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await _server.StopAsync(either.Token).ConfigureAwait(false);
    }

    /// <summary>Stops at once.</summary>
    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
