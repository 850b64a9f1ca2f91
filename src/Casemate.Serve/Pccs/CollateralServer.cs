using System.Security.Cryptography;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Serve.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Pccs;

/// <summary>
/// The collateral service: a cache of what verifies SGX, TDX and SEV-SNP evidence behind the interfaces of Intel's PCCS and AMD's KDS.
/// One process, one directory that several may share. Installs no signal handlers; whoever starts it also stops it.
/// </summary>
public sealed class CollateralServer : HttpService
{
    private readonly CollateralServerOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private Task _refreshing = Task.CompletedTask;
    private PccsApplication _handler = null!;
    private RegistrationQueue? _queue;
    private CollateralService _service = null!;
    private PccsMetrics? _metrics;
    private PrometheusText? _prometheus;

    // A manifest is posted; a PPID and an escaped address fit the request line.
    private CollateralServer(CollateralServerOptions options, ILogger logger)
        : base(options, new HttpServiceEndpoint(options.Listen, options.SocketPath) { MaxRequestLineSize = 16 * 1024 }, logger) =>
        _options = options;

    /// <summary>Where clients on this machine reach the service; null when it listens on a Unix socket alone.</summary>
    public Uri? Address => BoundAddress;

    /// <summary>The certificate that the service made for itself, PEM, for clients to trust; null when it has another one or
    /// none.</summary>
    public string? OwnCertificatePath =>
        _options.PlainHttp || _options.TlsCertificatePath is not null || Address is null
            ? null
            : Path.Combine(OwnCertificateDirectory, "tls.crt");

    /// <summary>The cache behind it.</summary>
    public CollateralService Service => _service;

    private string OwnCertificateDirectory => Path.Combine(_options.StoreDirectory, "tls");

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
        var server = new CollateralServer(options, loggerFactory.CreateLogger("Casemate.Collateral"));
        await server.BeginAsync(loggerFactory, time, cancellationToken).ConfigureAwait(false);
        return server;
    }

    /// <inheritdoc/>
    protected override string AddressTaken =>
        $"Listen is '{_options.Listen}' and SocketPath '{_options.SocketPath}', and another program "
        + "listens there. Choose another; port 0 takes a free one.";

    /// <inheritdoc/>
    protected override RequestDelegate Open(ILoggerFactory loggerFactory, TimeProvider time)
    {
        var store = DirectoryCollateralStore.Open(_options.StoreDirectory, time.GetUtcNow());
        _queue = RegistrationQueue.Open(Path.Combine(_options.StoreDirectory, "registrations"), _options.MaxRegistrations, Logger);
        var policies = AppraisalPolicies.Open(Path.Combine(_options.StoreDirectory, "policies"));
        OpenCertificate(new StateDirectory(OwnCertificateDirectory), time);
        _service = new CollateralService(
            _options.Service, store, _options.Mode is CollateralMode.Offline || _options.Upstreams.IsDefault ? [] : _options.Upstreams,
            _options.Roots, time, new PccsObserver(Logger));
        _metrics = new PccsMetrics(_queue.Count);
        _prometheus = new PrometheusText(_service.Metrics.Meter, _metrics.Meter);
        if (_options.Roots.All.Count(root => root.Simulated) is > 0 and var simulated)
        {
            PccsLog.SimulatedRootsAccepted(Logger, simulated);
        }

        _handler = new PccsApplication(_options, _service, store, _queue, policies, _metrics, _prometheus, time, Logger);
        return _handler.HandleAsync;
    }

    /// <inheritdoc/>
    protected override async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_options.InitialCollateral.IsDefaultOrEmpty)
        {
            return;
        }

        var name = _options.InitialCollateralName;
        var import = await _service.ImportAllAsync(
            _options.InitialCollateral, [], leaveOutExpired: true, cancellationToken).ConfigureAwait(false);
        if (!import.IsStored)
        {
            var wrong = import.Pieces.FirstOrDefault(
                piece => piece.Outcome.Status is not (CollateralStatus.Found or CollateralStatus.Expired));
            throw wrong is null
                ? new ServeStartException([$"{name} could not be stored: {import.Problem}"], new IOException(import.Problem))
                : new ServeStartException(
                    [$"Nothing of {name} was taken: {wrong.Key.ToLogText()}: {wrong.Outcome.Problem}."],
                    new CryptographicException(wrong.Outcome.Problem));
        }

        var expired = import.Pieces.Count(piece => piece.Outcome.Status is CollateralStatus.Expired);
        PccsLog.TookBundle(Logger, name, import.Pieces.Length - expired, expired);
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _refreshing.ConfigureAwait(false);
        _prometheus?.Dispose();
        if (_service is not null)
        {
            await _service.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var part in (IDisposable?[])[_metrics, _queue, _options.Registrar])
        {
            part?.Dispose();
        }

        foreach (var upstream in _options.Upstreams.IsDefault ? [] : _options.Upstreams)
        {
            upstream.Dispose();
        }

        _stopping.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnStarted()
    {
        _refreshing = Task.Run(RefreshAsync);
        _handler.IsOpen = true;
        var upstreams = _options.Mode is CollateralMode.Offline || _options.Upstreams.IsDefaultOrEmpty
            ? "none"
            : string.Join(", ", _options.Upstreams.Select(upstream => upstream.Name));
        PccsLog.Started(Logger, Address?.ToString() ?? _options.SocketPath!, _options.Mode, _options.StoreDirectory, upstreams);
    }

    /// <inheritdoc/>
    protected override void OnStopping(TimeSpan patience)
    {
        _handler.IsOpen = false;
        PccsLog.Stopping(Logger, patience);
    }

    /// <inheritdoc/>
    protected override void OnStopped() => PccsLog.Stopped(Logger);

    /// <inheritdoc/>
    protected override bool IsForOperator(Exception failure) => failure is CollateralStoreException || base.IsForOperator(failure);

    private async Task RefreshAsync()
    {
        try
        {
            await _service.RunAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The service stops while it loads.
        }
        catch (Exception e)
        {
            PccsLog.RefreshingEnded(Logger, e);
        }
    }
}
