using Casemate.Admission;
using Casemate.Kubernetes;
using Casemate.Serve;
using Casemate.Serve.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Webhook;

/// <summary>The webhook as a service: reviews over TLS, what is known of the cluster, certificates, health and metrics.</summary>
internal sealed class WebhookService : HttpService
{
    private readonly WebhookServiceOptions _options;
    private AdmissionMetrics? _metrics;
    private PrometheusText? _prometheus;
    private KubeClient? _client;
    private ClusterWatch? _watch;
    private CertificateKeeper? _certificates;
    private HealthEndpoint? _health;
    private volatile bool _takesRequests;

    private WebhookService(WebhookServiceOptions options, ILogger logger)
        : base(options, new HttpServiceEndpoint(options.Listen), logger) => _options = options;

    /// <summary>Where clients on this machine reach it.</summary>
    public Uri Address => BoundAddress!;

    /// <summary>Where health and metrics are; null: nowhere.</summary>
    public string? Health => _health?.Endpoint;

    /// <inheritdoc/>
    protected override string AddressTaken =>
        $"Listen is '{_options.Listen}', and another program listens there. Choose another port; 0 takes a free one.";

    /// <summary>Starts it.</summary>
    /// <exception cref="ServeStartException">An option cannot be used, or an address is taken.</exception>
    public static async Task<WebhookService> StartAsync(
        WebhookServiceOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var service = new WebhookService(options, loggers.CreateLogger("Casemate.Admission"));
        await service.BeginAsync(loggers, time, cancellationToken);
        try
        {
            service._health = options.Health is { } address
                ? await HealthEndpoint.StartAsync(address, service._prometheus!, service.WhyNotReady, time, loggers, cancellationToken)
                : null;
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override RequestDelegate Open(ILoggerFactory loggerFactory, TimeProvider time)
    {
        _metrics = new AdmissionMetrics();
        _prometheus = new PrometheusText([_metrics.Meter]);
        var context = new ReviewContext { Settings = _options.Settings };
        if (_options.Cluster is { } cluster)
        {
            _client = new KubeClient(cluster, new KubeClientOptions { FieldManager = "casemate-webhook", Time = time, Logger = Logger });
            _watch = new ClusterWatch(_client, Logger);
            context = context with
            {
                Cluster = () => _watch.Facts,
                Namespace = _watch.Namespace,
                ClaimTemplates = _options.Settings.BackEnd is EpcBackEnd.Claim ? new KubeClaimTemplates(_client) : null,
            };
        }
        else if (_options.Settings is { Family: null, BackEnd: EpcBackEnd.Resource })
        {
            WebhookLog.NoCluster(Logger);
        }

        if (_options.TlsCertificatePath is not null)
        {
            OpenCertificate(own: null, time);
        }
        else if (!_options.PlainHttp)
        {
            _certificates = new CertificateKeeper(_client!, _options.Certificates!, Logger);
            UseCertificate(() => _certificates.Context);
        }

        return new ReviewApplication(new ReviewHandler(context, _metrics, Logger), _options.MaxRequestBodySize, Logger).HandleAsync;
    }

    /// <inheritdoc/>
    protected override async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_certificates is not null)
        {
            await _certificates.StartAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        if (_health is not null)
        {
            await _health.DisposeAsync();
        }

        if (_certificates is not null)
        {
            await _certificates.DisposeAsync();
        }

        if (_watch is not null)
        {
            await _watch.DisposeAsync();
        }

        _client?.Dispose();
        _prometheus?.Dispose();
        _metrics?.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnStarted()
    {
        _takesRequests = true;
        WebhookLog.Listening(Logger, Address);
    }

    /// <inheritdoc/>
    protected override void OnStopping(TimeSpan patience)
    {
        _takesRequests = false;
        WebhookLog.Stopping(Logger, patience.TotalSeconds);
    }

    /// <inheritdoc/>
    protected override void OnStopped() => WebhookLog.Stopped(Logger);

    /// <summary>One line: why requests should go elsewhere; null: they are welcome.</summary>
    internal string? WhyNotReady() => !_takesRequests ? "not ready: it stops"
        : _certificates is { Context: null } ? $"not ready: certificates: {_certificates.Problem ?? "none is there yet"}"
        : _watch is { IsSynced: false } ? $"not ready: {_watch.Problem}"
        : null;
}
