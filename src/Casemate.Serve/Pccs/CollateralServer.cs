using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Serve.Metrics;
using Casemate.Serve.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Pccs;

/// <summary>
/// The collateral service: a cache of what verifies SGX, TDX and SEV-SNP evidence behind the interfaces of Intel's PCCS and AMD's KDS.
/// One process, one directory that several may share. Installs no signal handlers; whoever starts it also stops it.
/// </summary>
public sealed partial class CollateralServer : IRunningService
{
    private readonly Parts _parts;
    private readonly WebApplication _application;
    private readonly PccsApplication _handler;
    private readonly ILogger _logger;
    private readonly TimeSpan _shutdownTimeout;
    private int _stopped;
    private int _disposed;

    private CollateralServer(
        Parts parts, WebApplication application, PccsApplication handler, Uri? address, CollateralServerOptions options, ILogger logger)
    {
        (_parts, _application, _handler, _logger) = (parts, application, handler, logger);
        (Address, _shutdownTimeout) = (address, options.ShutdownTimeout);
        OwnCertificatePath = options.PlainHttp || options.TlsCertificatePath is not null || address is null
            ? null
            : Path.Combine(options.StoreDirectory, "tls", "tls.crt");
    }

    /// <summary>Where clients on this machine reach the service; null when it listens on a Unix socket alone.</summary>
    public Uri? Address { get; }

    /// <summary>The certificate that the service made for itself, PEM, for clients to trust; null when it has another one or
    /// none.</summary>
    public string? OwnCertificatePath { get; }

    /// <summary>The cache behind it.</summary>
    public CollateralService Service => _parts.Service;

    /// <summary>Starts a service. The upstreams and the registrar of the options are disposed with it, and when the start fails.</summary>
    /// <param name="options">What it needs and how it behaves.</param>
    /// <param name="loggerFactory">Where it logs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="ServeStartException">The options are wrong, the store cannot be opened, or the address is taken.</exception>
    public static async Task<CollateralServer> StartAsync(
        CollateralServerOptions options, ILoggerFactory loggerFactory, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggerFactory);
        ArgumentNullException.ThrowIfNull(time);
        var parts = new Parts(options);
        var logger = loggerFactory.CreateLogger("Casemate.Collateral");
        try
        {
            ImmutableArray<string> problems = [.. options.Problems()];
            if (!problems.IsEmpty)
            {
                throw new ServeStartException(problems);
            }

            Open(parts, options, time, logger);
            var handler = new PccsApplication(
                options, parts.Service, parts.Store, parts.Queue, parts.Policies, parts.Metrics, parts.Prometheus, time, logger);
            var application = Build(options, parts.Certificate, loggerFactory);
            application.Run(handler.HandleAsync);
            parts.Application = application;
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            OpenSocketToGroup(options);
            parts.StartRefreshing(logger);
            handler.IsOpen = true;
            var address = AddressOf(application, options);
            var upstreams = options.Mode is CollateralMode.Offline || options.Upstreams.IsDefaultOrEmpty
                ? "none"
                : string.Join(", ", options.Upstreams.Select(upstream => upstream.Name));
            PccsLog.Started(logger, address?.ToString() ?? options.SocketPath!, options.Mode, options.StoreDirectory, upstreams);
            return new CollateralServer(parts, application, handler, address, options, logger);
        }
        catch (Exception e) when (Explain(e, options) is { } problem)
        {
            await parts.DisposeAsync().ConfigureAwait(false);
            throw new ServeStartException([problem], e);
        }
        catch
        {
            await parts.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Stops: takes no new connection, lets requests under way end for <see cref="CollateralServerOptions.ShutdownTimeout"/>, then cuts
    /// them off.
    /// </summary>
    /// <param name="cancellationToken">Cuts them off at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        _handler.IsOpen = false;
        PccsLog.Stopping(_logger, _shutdownTimeout);
        await _application.StopAsync(cancellationToken).ConfigureAwait(false);
        PccsLog.Stopped(_logger);
    }

    /// <summary>Stops if need be, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _parts.DisposeAsync().ConfigureAwait(false);
    }

    private static void Open(Parts parts, CollateralServerOptions options, TimeProvider time, ILogger logger)
    {
        parts.Store = DirectoryCollateralStore.Open(options.StoreDirectory, time.GetUtcNow());
        parts.Queue = RegistrationQueue.Open(Path.Combine(options.StoreDirectory, "registrations"), options.MaxRegistrations, logger);
        parts.Policies = AppraisalPolicies.Open(Path.Combine(options.StoreDirectory, "policies"));
        if (options.Listen is not null && !options.PlainHttp)
        {
            parts.Certificate = CertificateOf(options, time, logger);
        }

        parts.Service = new CollateralService(
            options.Service, parts.Store, options.Mode is CollateralMode.Offline || options.Upstreams.IsDefault ? [] : options.Upstreams,
            options.Roots, time, new PccsObserver(logger));
        parts.Metrics = new PccsMetrics(parts.Queue.Count);
        parts.Prometheus = new PrometheusText(parts.Service.Metrics.Meter, parts.Metrics.Meter);
        if (options.Roots.All.Count(root => root.Simulated) is > 0 and var simulated)
        {
            PccsLog.SimulatedRootsAccepted(logger, simulated);
        }
    }

    // What an operator can put right gets a sentence; anything else is a mistake of ours and stays an exception of its own kind.
    private static string? Explain(Exception e, CollateralServerOptions options) => e switch
    {
        CryptographicException when options.TlsCertificatePath is { } path =>
            $"TlsCertificatePath '{path}' and TlsKeyPath '{options.TlsKeyPath}' are not a certificate and its key in PEM: {e.Message}",
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } =>
            $"Listen is '{options.Listen}' and SocketPath '{options.SocketPath}', and another program "
            + "listens there. Choose another; port 0 takes a free one.",
        CollateralStoreException or UnauthorizedAccessException or IOException => e.Message,
        System.Net.Sockets.SocketException => $"Listen is '{options.Listen}', and the system refuses it: {e.Message}",
        _ => null,
    };

    /// <summary>What is open; whatever part of it there is can be closed.</summary>
    private sealed class Parts(CollateralServerOptions options) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private Task _refreshing = Task.CompletedTask;

        public WebApplication? Application { get; set; }

        public DirectoryCollateralStore Store { get; set; } = null!;

        public RegistrationQueue Queue { get; set; } = null!;

        public AppraisalPolicies Policies { get; set; } = null!;

        public ServerCertificate? Certificate { get; set; }

        public CollateralService Service { get; set; } = null!;

        public PccsMetrics Metrics { get; set; } = null!;

        public PrometheusText Prometheus { get; set; } = null!;

        public void StartRefreshing(ILogger logger) => _refreshing = Task.Run(async () =>
        {
            try
            {
                await Service.RunAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The service stops while it loads.
            }
            catch (Exception e)
            {
                PccsLog.RefreshingEnded(logger, e);
            }
        });

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            await _refreshing.ConfigureAwait(false);
            if (Application is not null)
            {
                await Application.DisposeAsync().ConfigureAwait(false);
            }

            Prometheus?.Dispose();
            if (Service is not null)
            {
                await Service.DisposeAsync().ConfigureAwait(false);
            }

            foreach (var part in (IDisposable?[])[Metrics, Certificate, Queue, options.Registrar])
            {
                part?.Dispose();
            }

            foreach (var upstream in options.Upstreams.IsDefault ? [] : options.Upstreams)
            {
                upstream.Dispose();
            }

            _stopping.Dispose();
        }
    }
}
