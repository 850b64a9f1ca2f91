using System.Net;
using Casemate.Quoting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Casemate.Serve.Guest;

/// <summary>
/// The HTTP service that Confidential Containers offer inside a guest: <c>/aa/token</c>, <c>/aa/evidence</c>,
/// <c>/aa/additional-evidence</c>, <c>/aa/aael</c>, <c>/cdh/resource/REPOSITORY/TYPE/TAG</c> and <c>/info</c>. Loopback only.
/// </summary>
/// <remarks>
/// Kestrel alone, without a host around it: the service has neither configuration nor middleware, and a workload waits for it
/// to start.
/// </remarks>
public sealed class GuestApi : IAsyncDisposable
{
    private readonly KestrelServer _server;

    private GuestApi(KestrelServer server, Uri address)
    {
        _server = server;
        Address = address;
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:8006/</c>.</summary>
    public Uri Address { get; }

    /// <summary>Starts the service.</summary>
    /// <param name="options">Port and features.</param>
    /// <param name="evidence">Makes the guest's evidence.</param>
    /// <param name="kbs">The client of the broker that tokens and resources come from. Not disposed here.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="IOException">The port is taken, or may not be opened.</exception>
    public static async Task<GuestApi> StartAsync(
        GuestApiOptions options, IEvidenceProvider evidence, KbsClient kbs, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = GuestApiApplication.MaximumRequestBody;
        kestrel.Limits.MaxConcurrentConnections = 256;
        kestrel.Listen(IPAddress.Loopback, options.Port, listen => listen.Protocols = HttpProtocols.Http1);

        var logger = loggers.CreateLogger<GuestApi>();
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        var server = new KestrelServer(Options.Create(kestrel), transport, loggers);
        try
        {
            await server.StartAsync(new GuestApiApplication(options, evidence, kbs, logger), cancellationToken);
        }
        catch
        {
            server.Dispose();
            throw;
        }

        var address = new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
        GuestApiLog.Listening(logger, address, evidence.Tee);
        return new GuestApi(server, address);
    }

    /// <summary>Stops listening and waits for requests under way.</summary>
    /// <param name="cancellationToken">Cuts them off.</param>
    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
    }
}
