using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Attestation.Policy;
using Casemate.Broker;
using Casemate.Serve.Http;
using Casemate.Serve.Metrics;
using Casemate.Serve.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve;

/// <summary>
/// The key broker service: key broker, resource store, tokens and audit log behind HTTP. One process, one directory of state.
/// Installs no signal handlers; whoever starts it also stops it.
/// </summary>
public sealed partial class CasemateServer : IRunningService
{
    private readonly Parts _parts;
    private readonly WebApplication _application;
    private readonly KbsApplication _handler;
    private readonly ILogger _logger;
    private readonly TimeSpan _shutdownTimeout;
    private int _stopped;
    private int _disposed;

    private CasemateServer(
        Parts parts, WebApplication application, KbsApplication handler, Uri address, ServeOptions options, ILogger logger)
    {
        (_parts, _application, _handler, _logger) = (parts, application, handler, logger);
        (Address, State, _shutdownTimeout) = (address, new StateDirectory(options.StateDirectory), options.ShutdownTimeout);
    }

    /// <summary>
    /// Raised after each decision was recorded. Handlers run on the request's thread: they must be quick and must not throw.
    /// </summary>
    public event Action<Decision>? DecisionMade
    {
        add => Broker.DecisionMade += value;
        remove => Broker.DecisionMade -= value;
    }

    /// <summary>Where clients on this machine reach the service.</summary>
    public Uri Address { get; }

    /// <summary>The broker behind it.</summary>
    public KeyBroker Broker => _parts.Broker;

    /// <summary>The store behind it.</summary>
    public IResourceStore Resources => _parts.Store;

    /// <summary>Where its state is kept: for a client, <see cref="StateDirectory.TlsCertificate"/> is what to trust.</summary>
    public StateDirectory State { get; }

    /// <summary>Starts a service.</summary>
    /// <param name="options">What it needs and how it behaves.</param>
    /// <param name="loggerFactory">Where it logs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="ServeStartException">The options are wrong, the state cannot be opened, or the address is taken.</exception>
    public static async Task<CasemateServer> StartAsync(
        ServeOptions options, ILoggerFactory loggerFactory, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ImmutableArray<string> problems = [.. options.Problems()];
        if (!problems.IsEmpty)
        {
            throw new ServeStartException(problems);
        }

        var logger = loggerFactory.CreateLogger("Casemate.Serve");
        var parts = new Parts();
        try
        {
            Open(parts, options, loggerFactory, time);
            var listen = ListenAddress.TryParse(options.Listen)!;
            var handler = new KbsApplication(
                parts.Broker, parts.Tokens, parts.Admin, options, parts.Metrics, parts.Prometheus, time, logger);
            var application = Build(options, listen, parts.Certificate, loggerFactory);
            application.Run(handler.HandleAsync);
            parts.Application = application;
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            handler.IsReady = true;
            var server = new CasemateServer(parts, application, handler, AddressOf(application, listen, options), options, logger);
            ServeLog.Started(logger, server.Address, server.State.Path, options.Policy.Name, options.Policy.Hash());
            return server;
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
    /// Stops: takes no new connection, lets requests under way end for <see cref="ServeOptions.ShutdownTimeout"/>, then cuts them off.
    /// </summary>
    /// <param name="cancellationToken">Cuts them off at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        _handler.IsReady = false;
        ServeLog.Stopping(_logger, _shutdownTimeout);
        await _application.StopAsync(cancellationToken).ConfigureAwait(false);
        ServeLog.Stopped(_logger);
    }

    /// <summary>Stops if need be, and closes the state.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _parts.DisposeAsync().ConfigureAwait(false);
    }

    private static void Open(Parts parts, ServeOptions options, ILoggerFactory loggerFactory, TimeProvider time)
    {
        var logger = loggerFactory.CreateLogger("Casemate.Serve");
        var state = new StateDirectory(options.StateDirectory);
        CreateState(state);

        // The store first: from then on no other process takes this one's temporary files for left-overs.
        parts.Store = DirectoryResourceStore.Open(state.Resources, state.ResourceKeys, options.MaxResourceSize);
        parts.Audit = AuditLog.Open(state.AuditLog, time.GetUtcNow());
        parts.Tokens = TokenIssuer.Open(state.TokenKey, options.Token);
        parts.Admin = AdminToken.Open(state.AdminToken);
        if (!options.PlainHttp)
        {
            parts.Certificate = options.TlsCertificatePath is { } path
                ? ServerCertificate.Load(path, options.TlsKeyPath!, time, logger)
                : ServerCertificate.OpenOwn(state.TlsCertificate, state.TlsKey, NamesOf(options), time, logger);
        }

        parts.Broker = new KeyBroker(new KeyBrokerOptions
        {
            Roots = options.Roots,
            Collateral = options.Collateral,
            Policy = options.Policy,
            Resources = parts.Store,
            Tokens = parts.Tokens,
            Audit = parts.Audit,
            Time = time,
            AcceptSampleEvidence = options.AcceptSampleEvidence,
            Limits = options.Limits,
        });
        var decisions = loggerFactory.CreateLogger("Casemate.Broker");
        parts.Broker.DecisionMade += decision => Log(decisions, decision);
        parts.Metrics = new ServeMetrics(() => parts.Broker.SessionCount);
        parts.Prometheus = new PrometheusText(parts.Broker.Metrics.Meter, parts.Metrics.Meter);
        Warn(logger, options, state);
    }

    private static void CreateState(StateDirectory state)
    {
        try
        {
            state.Create();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"StateDirectory '{state.Path}' cannot be created or used: {e.Message}", e);
        }
    }

    private static void Warn(ILogger logger, ServeOptions options, StateDirectory state)
    {
        if (options.AcceptSampleEvidence)
        {
            ServeLog.SampleEvidenceAccepted(logger);
        }

        if (options.Policy.Evidence.AcceptAnyIdentity)
        {
            ServeLog.AnyIdentityAccepted(logger, options.Policy.Name);
        }
        else if (!options.AcceptSampleEvidence && !NamesAnyWorkload(options.Policy.Evidence))
        {
            ServeLog.NobodyAdmitted(logger, options.Policy.Name);
        }

        if (options.Roots.All.Count(r => r.Simulated) is > 0 and var simulated)
        {
            ServeLog.SimulatedRootsAccepted(logger, simulated);
        }

        foreach (var file in (string[])[state.ResourceKeys, state.TokenKey, state.AdminToken, options.TlsKeyPath ?? state.TlsKey])
        {
            if (!OperatingSystem.IsWindows() && File.Exists(file)
                && (File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            {
                ServeLog.FileNotPrivate(logger, file);
            }
        }
    }

    private static bool NamesAnyWorkload(EvidencePolicy policy) =>
        !policy.Snp.Measurements.IsEmpty || !policy.Tdx.MrTds.IsEmpty
        || !policy.Sgx.MrEnclaves.IsEmpty
        || (!policy.Sgx.MrSigners.IsEmpty && policy.Sgx.IsvProdId is not null && policy.Sgx.MinimumIsvSvn is not null);

    private static void Log(ILogger logger, Decision decision)
    {
        if (decision.Error is { } error)
        {
            // The check's name alone: what was found is the workload's, and stands in the audit log.
            var check = decision.Verdict?.Checks.FirstOrDefault(c => c.Outcome is CheckOutcome.Failed)?.Id.ToString() ?? "none";
            BrokerLog.Refused(logger, decision.Kind, decision.Outcome, error.Code, check, decision.Tee, decision.SessionHash);
        }
        else
        {
            BrokerLog.Decided(
                logger, decision.Kind, decision.Outcome, decision.Tee, decision.Simulated, decision.SessionHash, decision.TokenId);
        }
    }

    // What an operator can put right gets a sentence; anything else is a mistake of ours and stays an exception of its own kind.
    private static string? Explain(Exception e, ServeOptions options) => e switch
    {
        CryptographicException when options.TlsCertificatePath is { } path =>
            $"TlsCertificatePath '{path}' and TlsKeyPath '{options.TlsKeyPath}' are not a certificate and its key in PEM: {e.Message}",
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } =>
            $"Listen is '{options.Listen}', and another program listens there. Choose another port; 0 takes a free one.",
        UnauthorizedAccessException or IOException or InvalidDataException => e.Message,
        System.Net.Sockets.SocketException => $"Listen is '{options.Listen}', and the system refuses it: {e.Message}",
        _ => null,
    };

    /// <summary>What is open; whatever part of it there is can be closed.</summary>
    private sealed class Parts : IAsyncDisposable
    {
        public WebApplication? Application { get; set; }

        public AuditLog Audit { get; set; } = null!;

        public DirectoryResourceStore Store { get; set; } = null!;

        public TokenIssuer Tokens { get; set; } = null!;

        public AdminToken Admin { get; set; } = null!;

        public ServerCertificate? Certificate { get; set; }

        public KeyBroker Broker { get; set; } = null!;

        public ServeMetrics Metrics { get; set; } = null!;

        public PrometheusText Prometheus { get; set; } = null!;

        public async ValueTask DisposeAsync()
        {
            if (Application is not null)
            {
                await Application.DisposeAsync().ConfigureAwait(false);
            }

            foreach (var part in (IDisposable?[])[Prometheus, Metrics, Broker, Certificate, Tokens, Store])
            {
                part?.Dispose();
            }

            if (Audit is not null)
            {
                await Audit.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
