using Casemate.Attestation;
using Casemate.Attestation.Policy;
using Casemate.Broker;
using Casemate.Serve.Http;
using Casemate.Serve.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve;

/// <summary>
/// The key broker service: key broker, resource store, tokens and audit log behind HTTP. One process, one directory of state.
/// Installs no signal handlers; whoever starts it also stops it.
/// </summary>
public sealed class CasemateServer : HttpService
{
    private readonly ServeOptions _options;
    private KbsApplication _handler = null!;
    private AuditLog? _audit;
    private DirectoryResourceStore _store = null!;
    private TokenIssuer? _tokens;
    private KeyBroker _broker = null!;
    private ServeMetrics? _metrics;
    private PrometheusText? _prometheus;

    // A bearer token may carry init data: hence the large headers.
    private CasemateServer(ServeOptions options, ILogger logger)
        : base(options, new HttpServiceEndpoint(options.Listen) { MaxRequestHeadersSize = 64 * 1024 }, logger) => _options = options;

    /// <summary>
    /// Raised after each decision was recorded. Handlers run on the request's thread: they must be quick and must not throw.
    /// </summary>
    public event Action<Decision>? DecisionMade
    {
        add => Broker.DecisionMade += value;
        remove => Broker.DecisionMade -= value;
    }

    /// <summary>Where clients on this machine reach the service.</summary>
    public Uri Address => BoundAddress!;

    /// <summary>The broker behind it.</summary>
    public KeyBroker Broker => _broker;

    /// <summary>The store behind it.</summary>
    public IResourceStore Resources => _store;

    /// <summary>Where its state is kept: for a client, <see cref="StateDirectory.TlsCertificate"/> is what to trust.</summary>
    public StateDirectory State => new(_options.StateDirectory);

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
        ArgumentNullException.ThrowIfNull(loggerFactory);
        var server = new CasemateServer(options, loggerFactory.CreateLogger("Casemate.Serve"));
        await server.BeginAsync(loggerFactory, time, cancellationToken).ConfigureAwait(false);
        return server;
    }

    /// <inheritdoc/>
    protected override string AddressTaken =>
        $"Listen is '{_options.Listen}', and another program listens there. Choose another port; 0 takes a free one.";

    /// <inheritdoc/>
    protected override RequestDelegate Open(ILoggerFactory loggerFactory, TimeProvider time)
    {
        var state = State;
        CreateState(state);

        // The store first: from then on no other process takes this one's temporary files for left-overs.
        _store = DirectoryResourceStore.Open(state.Resources, state.ResourceKeys, _options.MaxResourceSize);
        _audit = AuditLog.Open(state.AuditLog, time.GetUtcNow());
        _tokens = TokenIssuer.Open(state.TokenKey, _options.Token);
        var admin = AdminToken.Open(state.AdminToken);
        OpenCertificate(state, time);
        _broker = new KeyBroker(new KeyBrokerOptions
        {
            Roots = _options.Roots,
            Collateral = _options.Collateral,
            Policy = _options.Policy,
            Resources = _store,
            Tokens = _tokens,
            Audit = _audit,
            Time = time,
            AcceptSampleEvidence = _options.AcceptSampleEvidence,
            Limits = _options.Limits,
        });
        var decisions = loggerFactory.CreateLogger("Casemate.Broker");
        _broker.DecisionMade += decision => Log(decisions, decision);
        _metrics = new ServeMetrics(() => _broker.SessionCount);
        _prometheus = new PrometheusText(_broker.Metrics.Meter, _metrics.Meter);
        Warn(Logger, _options, state);
        _handler = new KbsApplication(_broker, _tokens, admin, _options, _metrics, _prometheus, time, Logger);
        return _handler.HandleAsync;
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        foreach (var part in (IDisposable?[])[_prometheus, _metrics, _broker, _tokens, _store])
        {
            part?.Dispose();
        }

        if (_audit is not null)
        {
            await _audit.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void OnStarted()
    {
        _handler.IsReady = true;
        ServeLog.Started(Logger, Address, State.Path, _options.Policy.Name, _options.Policy.Hash());
    }

    /// <inheritdoc/>
    protected override void OnStopping(TimeSpan patience)
    {
        _handler.IsReady = false;
        ServeLog.Stopping(Logger, patience);
    }

    /// <inheritdoc/>
    protected override void OnStopped() => ServeLog.Stopped(Logger);

    /// <inheritdoc/>
    protected override bool IsForOperator(Exception failure) => failure is InvalidDataException || base.IsForOperator(failure);

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
}
