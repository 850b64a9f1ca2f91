using Casemate.Primitives.Sockets;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Qgs;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Service.Peers;
using Casemate.Serve.Http;
using Casemate.Serve.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Quoting;

/// <summary>
/// The quote helper of a node: AESM sockets for enclaves, QGS for TDs, the evidence endpoint for everything, one queue behind them, a
/// record of every quote, health and metrics. Installs no signal handlers; whoever starts it also stops it.
/// </summary>
public sealed class QuoteHelper : IRunningService
{
    private const string NotReady = "not ready: no attestation key and no evidence was made yet, or the back end hangs; the log says why";

    private readonly QuoteHelperOptions _options;
    private readonly ILogger _logger;
    private readonly QuoteMetrics _metrics = new();
    private PrometheusText? _prometheus;
    private QuoteAuditLog? _audit;
    private QuoteService? _service;
    private AesmServer? _aesm;
    private AllocationSockets? _allocations;
    private QgsServer? _qgs;
    private EvidenceEndpoint? _evidence;
    private LocalHttpServer? _health;
    private volatile bool _listening;
    private bool _stopped;

    private QuoteHelper(QuoteHelperOptions options, ILogger logger) => (_options, _logger) = (options, logger);

    /// <summary>Where health and metrics are: an URL, or the path of a socket; null: nowhere.</summary>
    public string? HealthEndpoint => _health?.Endpoint;

    /// <summary>Starts a quote helper. It listens when the task has ended; it is ready when the key is made.</summary>
    /// <param name="options">What it needs and how it behaves.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="ServeStartException">The options are wrong, a socket or port is taken, or the audit log cannot be opened.</exception>
    public static async Task<QuoteHelper> StartAsync(
        QuoteHelperOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        if (options.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new ServeStartException([.. problems]);
        }

        var helper = new QuoteHelper(options, loggers.CreateLogger("Casemate.Quoting"));
        try
        {
            await helper.OpenAsync(loggers, time, cancellationToken).ConfigureAwait(false);
            return helper;
        }
        catch (Exception e)
        {
            await helper.DisposeAsync().ConfigureAwait(false);
            if (helper.Explain(e) is { } said)
            {
                throw new ServeStartException([.. said], e);
            }

            throw;
        }
    }

    /// <summary>Logs what of a configuration file is not used.</summary>
    /// <param name="loggers">Makes the logger.</param>
    /// <param name="file">The file's name.</param>
    /// <param name="problems">What is not used, and why.</param>
    public static void Warn(ILoggerFactory loggers, string file, IEnumerable<string> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var logger = loggers.CreateLogger("Casemate.Quoting");
        foreach (var problem in problems)
        {
            QuotingLog.ConfigurationWarning(logger, file, problem);
        }
    }

    /// <summary>Listens on one more AESM socket, such as that of an allocation.</summary>
    /// <param name="path">Absolute path of at most 107 bytes.</param>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    public void Listen(string path) => _aesm!.Listen(path);

    /// <summary>Stops listening on an AESM socket; its connections stay.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>False when the helper does not listen there.</returns>
    public bool Close(string path) => _aesm!.Close(path);

    /// <summary>
    /// Stops: no new connections, requests under way have <see cref="QuoteHelperOptions.ShutdownTimeout"/>, records are forced to disk.
    /// </summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        QuotingLog.Stopping(_logger, _options.ShutdownTimeout);
        _allocations?.Dispose();
        using var patience = new CancellationTokenSource(_options.ShutdownTimeout);
        await Task.WhenAll(
            _aesm?.StopAsync(patience.Token) ?? Task.CompletedTask,
            _evidence?.StopAsync(patience.Token) ?? Task.CompletedTask,
            _qgs?.DisposeAsync().AsTask() ?? Task.CompletedTask,
            _service?.StopAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        await (_audit?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        _audit = null;
        await (_health?.StopAsync(patience.Token) ?? Task.CompletedTask).ConfigureAwait(false);
        QuotingLog.Stopped(_logger);
    }

    /// <summary>Stops as <see cref="StopAsync"/> does; the time is not cut short.</summary>
    Task IRunningService.StopAsync(CancellationToken cancellationToken) => StopAsync();

    /// <summary>Stops if need be, and lets go of everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_health is not null)
        {
            await StopAsync().ConfigureAwait(false);
        }

        _allocations?.Dispose();
        foreach (var part in (IAsyncDisposable?[])[_aesm, _evidence, _qgs, _service, _audit, _health])
        {
            await (part?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        }

        _prometheus?.Dispose();
        _metrics.Dispose();
    }

    // Health first, so that a node agent can see that it is not ready yet; enclaves' sockets last, when there is somebody to answer.
    private async Task OpenAsync(ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var socket in _options.Sockets.Append(_options.QgsPath).Append(_options.EvidenceSocket))
        {
            if (socket is not null)
            {
                RequireFree(socket);                                       // who has it is better news than which of its files is locked
            }
        }

        var quotesEnclaves = _options.Provider is not NoEnclaveProvider;
        var events = new QuotingEvents(_logger, _metrics, time, quotesEnclaves);
        _metrics.Meter.CreateObservableGauge(
            "process_resident_memory_bytes", () => Environment.WorkingSet, "By", "Resident memory of the process.");
        _prometheus = new PrometheusText(_metrics.Meter);
        if (_options.Provider.Simulated)
        {
            QuotingLog.SimulatedProvider(_logger, _options.Provider.Name);
        }

        if (!quotesEnclaves)
        {
            QuotingLog.NoEnclaves(_logger, _options.EvidenceSocket ?? "nowhere: the evidence endpoint is off");
        }

        if (!_options.Service.RequireAudit)
        {
            QuotingLog.UnrecordedQuotesAllowed(_logger);
        }

        if (_options.AuditPath is { } path)
        {
            _audit = QuoteAuditLog.Open(path, _options.Audit, time);
        }

        var service = new QuoteService(_options.Provider, _options.Service, time, _audit, _metrics, events);
        _service = service;
        if (_options.Health is { } health)
        {
            _health = await LocalHttpServer.StartAsync(
                health, UnixFileMode.UserRead | UnixFileMode.UserWrite, 1024,
                new HealthApplication(
                    new HealthAnswers(_prometheus), () => _listening && service.IsReady ? null : NotReady, [], FailedOnHealth), time,
                loggers, _logger, cancellationToken).ConfigureAwait(false);
            QuotingLog.HealthListening(_logger, _health.Endpoint);
        }

        service.Start();
        var peers = _options.Allocations is { } root
            ? new AllocationPeerResolver(root, _options.AllocationDirectory ?? AllocationSockets.UnknownPods.Instance, _options.Peers)
            : _options.Peers;
        _aesm = new AesmServer(service, _options.Aesm, time, peers, events);
        foreach (var socket in _options.Sockets)
        {
            _aesm.Listen(socket);
        }

        if (_options.Abstract)
        {
            _aesm.ListenAbstract();
        }

        ListenForTds(events, time);
        if (_options.EvidenceSocket is { } evidence)
        {
            _evidence = await EvidenceEndpoint.StartAsync(
                evidence, service, _options.Sources, quotesEnclaves, _options.Collateral, peers, _metrics, _options.Allocations, time,
                loggers, cancellationToken).ConfigureAwait(false);
        }

        _allocations = _options.Allocations is { } allocations
            ? new AllocationSockets(_aesm, _evidence, allocations, time, _logger) : null;

        WarnOfDirectories();
        _listening = true;                                                 // who waits for /readyz may connect to every socket
    }

    private static void RequireFree(string socket)
    {
        try
        {
            SocketFile.RequireFree(socket);
        }
        catch (SocketFileException problem)
        {
            throw AesmEndpointException.From(problem);
        }
    }

    // After listening, which makes those that are not there.
    private void WarnOfDirectories()
    {
        var health = _options.Health is ['/', ..] path ? path : null;
        var directories = _options.Sockets.Append(_options.QgsPath).Append(_options.EvidenceSocket).Append(health).OfType<string>()
            .Select(socket => Path.GetDirectoryName(socket)!).Append(_options.Allocations).OfType<string>();
        foreach (var directory in directories.Distinct(StringComparer.Ordinal))
        {
            if (SocketDirectory.Caution(directory) is { } caution)
            {
                QuotingLog.SocketAtRisk(_logger, caution);
            }
        }
    }

    private void FailedOnHealth(Exception failure) => QuotingLog.RequestFailed(_logger, "health", failure);

    private void ListenForTds(QuotingEvents events, TimeProvider time)
    {
        if (_options.QgsPath is null && _options.QgsVsockPort is null)
        {
            return;
        }

        _qgs = new QgsServer(_options.TdProvider!, new QgsServerOptions(), time, events, _audit, _options.Collateral);
        if (_options.QgsPath is { } path)
        {
            _qgs.Listen(path);
            events.Listening(path);
        }

        if (_options.QgsVsockPort is { } port)
        {
            _qgs.ListenVsock(port);
            events.Listening($"vsock:{port}");
        }
    }

    // What an operator can put right gets a sentence; anything else is a mistake of ours and stays an exception of its own kind.
    private string[]? Explain(Exception e) => e switch
    {
        IOException { InnerException: AddressInUseException } =>
            [$"Health: another process listens on {_options.Health}.", "Name another address or the path of a socket, or turn it off."],
        AesmEndpointException endpoint => [endpoint.Message, endpoint.Remedy],
        UnauthorizedAccessException or IOException or InvalidDataException => [e.Message],
        System.Net.Sockets.SocketException => [$"Health: the system refuses the address: {e.Message}"],
        _ => null,
    };
}
