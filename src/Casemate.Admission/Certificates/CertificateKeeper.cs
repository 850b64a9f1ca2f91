using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Casemate.Admission;

/// <summary>
/// Keeps the certificates of all replicas in one Secret, and their authorities in the webhook configurations. Replicas agree by the
/// Secret's resource version: who comes second reads again. What cannot be done now is tried again, and the last certificate goes on.
/// </summary>
public sealed class CertificateKeeper : IAsyncDisposable
{
    private const int Attempts = 5;

    /// <summary>In whose name the authorities are written.</summary>
    public const string FieldManager = "casemate-webhook-certificates";

    private readonly KubeClient _client;
    private readonly CertificateKeeperOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private volatile SslStreamCertificateContext? _context;
    private readonly HashSet<string> _missing = [];
    private string _shown = "";

    /// <summary>Makes one; nothing is asked yet.</summary>
    /// <param name="client">The API server; stays the caller's.</param>
    /// <param name="options">Where things are.</param>
    /// <param name="logger">Hears of renewals.</param>
    public CertificateKeeper(KubeClient client, CertificateKeeperOptions options, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logger);
        (_client, _options, _logger) = (client, options, logger);
    }

    /// <summary>What to show now; null before the first success.</summary>
    public SslStreamCertificateContext? Context => _context;

    /// <summary>One line: why certificates are not looked after; null while all is well.</summary>
    public string? Problem { get; private set; }

    private string SecretKey => $"{_options.Namespace}/{_options.Secret}";

    /// <summary>Looks once, and again at every interval until it is disposed of.</summary>
    /// <param name="cancellationToken">Stops the first look.</param>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryKeepAsync(cancellationToken).ConfigureAwait(false);
        _running = RunAsync();
    }

    /// <summary>Looks at the Secret, renews what is due, shows what is in it, and makes the authorities known.</summary>
    /// <exception cref="KubeException">The API server refused something.</exception>
    public async Task KeepAsync(CancellationToken cancellationToken = default)
    {
        var set = await AgreeAsync(cancellationToken).ConfigureAwait(false);

        try
        {
            await WriteAsync(KubeResource.MutatingWebhookConfigurations, set, cancellationToken).ConfigureAwait(false);
            await WriteAsync(KubeResource.ValidatingWebhookConfigurations, set, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Whoever may not write the configurations still shows what all replicas agreed on.
            Show(set);
        }
    }

    /// <summary>Stops looking.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_options.Interval, _client.Time);
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
        {
            await TryKeepAsync(_stop.Token).ConfigureAwait(false);
        }
    }

    private async Task TryKeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await KeepAsync(cancellationToken).ConfigureAwait(false);
            Problem = null;
        }
        catch (Exception exception) when (exception is KubeException or KubeConfigurationException or CryptographicException)
        {
            if (Problem != exception.Message)
            {
                AdmissionLog.CertificatesNotKept(_logger, SecretKey, exception.Message);
            }

            Problem = exception.Message;
        }
    }

    private async Task<CertificateSet> AgreeAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var secret = await _client.TryGetAsync(KubeResource.Secrets, _options.Namespace, _options.Secret, cancellationToken)
                .ConfigureAwait(false);
            var last = secret is null ? null : CertificateSet.TryRead(secret);
            var next = CertificateSet.Advance(last, _options.Names, _client.Time.GetUtcNow());
            if (ReferenceEquals(last, next))
            {
                return next;
            }

            try
            {
                await SaveAsync(secret, next, cancellationToken).ConfigureAwait(false);
                AdmissionLog.CertificatesMade(_logger, SecretKey, next.NotAfter);
                return next;
            }
            catch (KubeException exception) when ((exception.IsConflict || exception.IsAlreadyExists) && attempt < Attempts)
            {
                // Another replica was first: what it made is as good.
            }
        }
    }

    private Task<KubeObject> SaveAsync(KubeObject? secret, CertificateSet set, CancellationToken cancellationToken)
    {
        var data = set.ToData();
        if (secret is not null)
        {
            return _client.PatchAsync(
                KubeResource.Secrets, _options.Namespace, _options.Secret,
                KubePatch.Merge(new JsonObject
                {
                    ["metadata"] = new JsonObject { ["resourceVersion"] = secret.ResourceVersion },
                    ["data"] = data,
                }),
                cancellationToken: cancellationToken);
        }

        foreach (var absent in data.Where(member => member.Value is null).Select(member => member.Key).ToList())
        {
            data.Remove(absent);
        }

        return _client.CreateAsync(
            KubeResource.Secrets, _options.Namespace,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = _options.Secret,
                    ["labels"] = new JsonObject { [ClaimTemplate.ManagedByLabel] = ClaimTemplate.ManagedByWebhook },
                },
                ["type"] = "kubernetes.io/tls",
                ["data"] = data,
            },
            cancellationToken);
    }

    private async Task WriteAsync(KubeResource resource, CertificateSet set, CancellationToken cancellationToken)
    {
        var configuration = await _client.TryGetAsync(resource, null, _options.Configuration, cancellationToken).ConfigureAwait(false);
        if (configuration is null)
        {
            if (_missing.Add(resource.Kind))
            {
                AdmissionLog.NoConfiguration(_logger, resource.Kind, _options.Configuration);
            }

            return;
        }

        _missing.Remove(resource.Kind);
        var bundle = Convert.ToBase64String(Encoding.ASCII.GetBytes(set.AuthoritiesPem));
        var hooks = configuration.ListAt("webhooks");
        if (hooks.All(hook => Bundle(hook) == bundle))
        {
            return;
        }

        // The bundle alone: every other field stays whose it is.
        await _client.ApplyAsync(
            resource, null, _options.Configuration,
            new JsonObject
            {
                ["webhooks"] = new JsonArray([.. hooks.Select(hook => new JsonObject
                {
                    ["name"] = PodShape.Text(hook, "name"), ["clientConfig"] = new JsonObject { ["caBundle"] = bundle },
                })]),
            },
            new KubeApplyOptions { Force = true, FieldManager = FieldManager }, cancellationToken).ConfigureAwait(false);
        AdmissionLog.AuthoritiesWritten(_logger, resource.Kind, _options.Configuration);
    }

    private void Show(CertificateSet set)
    {
        if (_shown == set.Current.CertificatePem)
        {
            return;
        }

        // The former context may still be in use by a handshake: the collector frees it.
        _context = SslStreamCertificateContext.Create(
            X509Certificate2.CreateFromPem(set.Current.CertificatePem, set.Current.KeyPem), additionalCertificates: null, offline: true);
        _shown = set.Current.CertificatePem;
        AdmissionLog.CertificateShown(_logger, SecretKey, set.NotAfter);
    }

    private static string? Bundle(JsonElement hook) => hook.ValueKind is JsonValueKind.Object
        && hook.TryGetProperty("clientConfig", out var client) && client.ValueKind is JsonValueKind.Object
        && client.TryGetProperty("caBundle", out var bundle) && bundle.ValueKind is JsonValueKind.String ? bundle.GetString() : null;
}
