using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Collateral.Upstream;

namespace Casemate.Cli.Collateral;

/// <summary>The services that a command line names, ready to be asked. Whoever takes <see cref="All"/> into a service disposes them with
/// it; the connections end with this.</summary>
internal sealed class CollateralUpstreams : IDisposable
{
    /// <summary>What <c>--source</c> may be, for help and errors.</summary>
    public const string Names = "intel|azure|kds|simulated|URL";

    private const string CertificationPath = "/sgx/certification/";

    private readonly List<HttpMessageHandler> _handlers = [];
    private readonly List<ICollateralUpstream> _upstreams = [];
    private readonly CasemateInvocation _invocation;
    private readonly TimeProvider _time;
    private readonly string? _authorities;
    private readonly X509Certificate2? _certificate;

    /// <summary>Begins with none.</summary>
    /// <param name="invocation">The surroundings.</param>
    /// <param name="authorities">PEM file with the only certificate authorities that may vouch for a service; null: the system's.</param>
    /// <param name="certificate">PEM file with the certificate that services named by address may ask for; null: none.</param>
    /// <param name="key">PEM file with its private key; given exactly when the certificate is.</param>
    /// <exception cref="CliException">One of the two files is missing or cannot be read.</exception>
    public CollateralUpstreams(
        CasemateInvocation invocation, string? authorities, string? certificate = null, string? key = null)
    {
        (_invocation, _time, _authorities) = (invocation, invocation.Time, authorities);
        if ((certificate is null) != (key is null))
        {
            throw CliException.Usage("--source-cert and --source-key belong together", "Give both, or neither.");
        }

        _certificate = certificate is null ? null : ReadCertificate(certificate, key!);
    }

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<ICollateralUpstream> All => _upstreams;

    /// <summary>Whether a text is an address rather than a file.</summary>
    public static bool IsUrl(string text) =>
        text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Adds what one <c>--source</c> names.</summary>
    /// <param name="source">A name or an address.</param>
    /// <param name="apiKeyFile">File with Intel's subscription key; null: PCK certificates are not asked for at Intel's.</param>
    /// <param name="simulator">Makes the upstream for <c>simulated</c>.</param>
    /// <exception cref="CliException">It is neither a name nor an address that may be used (exit code 2).</exception>
    public async Task AddAsync(string source, string? apiKeyFile, Func<Task<ICollateralUpstream>> simulator)
    {
        switch (source)
        {
            case "intel":
                _upstreams.Add(new PcsClient(IntelOptions(apiKeyFile), Handler(), _time));
                break;
            case "azure":
                await AddAzureAsync();
                break;
            case "kds":
                _upstreams.Add(new KdsClient(Trusting(KdsClient.Amd), Handler(), _time));
                break;
            case "simulated":
                _upstreams.Add(await simulator());
                break;
            case var url when IsUrl(url):
                AddUrl(url, apiKeyFile);
                break;
            default:
                throw CliException.Usage($"--source '{source}' is not one of {Names}");
        }
    }

    /// <summary>
    /// Adds the service at an address: a PCCS when it names a certification base, Intel's or AMD's own when it is theirs, and otherwise a
    /// host that answers for both, as casemate does.
    /// </summary>
    /// <exception cref="CliException">The address may not be used (exit code 2).</exception>
    public void AddUrl(string url, string? apiKeyFile = null)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            throw CliException.Usage($"'{url}' is not an address");
        }

        try
        {
            if (address.Host == KdsClient.Amd.Address.Host)
            {
                _upstreams.Add(new KdsClient(EndpointOf(address), Handler(), _time));
            }
            else if (address.Host == new PcsOptions().Endpoint.Address.Host)
            {
                _upstreams.Add(new PcsClient(IntelOptions(apiKeyFile), Handler(), _time));
            }
            else
            {
                _upstreams.Add(new PccsClient(EndpointOf(CertificationBase(address)), Handler(isNamed: true), _time));
                if (!IsCertificationBase(address))
                {
                    _upstreams.Add(new KdsClient(EndpointOf(WithSlash(address)), Handler(isNamed: true), _time));
                }
            }
        }
        catch (ArgumentException exception)
        {
            throw CliException.Usage(
                $"{Shown(url)}: {exception.Message.Split(" (Parameter", 2)[0]}",
                "Write https://HOST[:PORT]/, or a PCCS as https://HOST:PORT/sgx/certification/v4/.");
        }
    }

    /// <summary>The option that names the authorities, as the command calls it: for what a TLS certificate is refused with.</summary>
    public string AuthoritiesFlag { get; init; } = "--source-ca";

    /// <summary>What to do about a TLS certificate that is not trusted.</summary>
    /// <param name="flag">The command's option for authorities.</param>
    public static string TrustRemedy(string flag) => $"name the authority that vouches for it with {flag} FILE";

    /// <summary>The certification base at an address: itself where it names one, else the usual path below it. A user or query stays
    /// in it, for whoever refuses them.</summary>
    public static Uri CertificationBase(Uri address) => IsCertificationBase(address)
        ? address
        : new UriBuilder(address) { Path = WithSlash(address).AbsolutePath + CertificationPath[1..] + "v4/" }.Uri;

    private static bool IsCertificationBase(Uri address) => address.AbsolutePath.Contains(CertificationPath, StringComparison.Ordinal);

    private static Uri WithSlash(Uri address) => address.AbsolutePath.EndsWith('/')
        ? address
        : new UriBuilder(address) { Path = address.AbsolutePath + "/" }.Uri;

    /// <summary>The region of Azure that this machine runs in; without it the cache for all regions is used alone.</summary>
    public string? AzureRegion { get; init; }

    /// <summary>Hears why the region is not known.</summary>
    public Action<string>? Finding { get; init; }

    private async Task AddAzureAsync()
    {
        var (region, problem) = (AzureRegion, "");
        if (region is null)
        {
            using var instance = new AzureInstance(_invocation.AzureMetadata, Handler(useProxy: false), _time);
            (region, problem) = await instance.FindRegionAsync(CancellationToken.None);
        }
        else if (!AzureInstance.IsRegion(region))
        {
            throw CliException.Usage(
                $"--azure-region '{region}' is no region", "Write it as Azure's THIM does, in lower-case letters and digits, such as useast2.");
        }

        if (problem.Length > 0)
        {
            Finding?.Invoke(
                $"{problem} with --azure-region. PCK certificates and VCEKs come from that service too, and quotes of this machine need them.");
        }

        var options = new ThimOptions { Regional = region is null ? null : ThimOptions.RegionalBase(region) };
        if (_invocation.AzureMetadata is { } metadata)
        {
            options = options with { Metadata = metadata with { Address = new Uri(metadata.Address, "THIM/") } };
        }

        options = options with { Cache = Trusting(options.Cache), Regional = options.Regional is { } regional ? Trusting(regional) : null };

        _upstreams.Add(new ThimClient(options, Handler(useProxy: false), Handler(), _time));
    }

    /// <summary>Adds AMD's service, or one that answers as it does.</summary>
    /// <param name="url">Its address; null: AMD's own.</param>
    /// <exception cref="CliException">The address may not be used (exit code 2).</exception>
    public void AddKds(string? url)
    {
        if (url is null)
        {
            _upstreams.Add(new KdsClient(Trusting(KdsClient.Amd), Handler(), _time));
            return;
        }

        try
        {
            _upstreams.Add(new KdsClient(
                EndpointOf(new Uri(url.EndsWith('/') ? url : url + "/")), Handler(isNamed: true), _time));
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            throw CliException.Usage($"{Shown(url)}: {exception.Message.Split(" (Parameter", 2)[0]}", "Write https://HOST[:PORT]/.");
        }
    }

    /// <summary>Makes what registers multi-package machines with Intel.</summary>
    public PlatformRegistrar CreateRegistrar() => new(Trusting(new PcsOptions().Endpoint), Handler(), _time);

    private UpstreamEndpoint EndpointOf(Uri address) => Trusting(new UpstreamEndpoint { Address = address });

    private UpstreamEndpoint Trusting(UpstreamEndpoint endpoint) => endpoint with { TrustRemedy = TrustRemedy(AuthoritiesFlag) };

    private PcsOptions IntelOptions(string? apiKeyFile)
    {
        var options = new PcsOptions { SubscriptionKeyFile = apiKeyFile };
        return options with { Endpoint = Trusting(options.Endpoint), RootCrl = Trusting(options.RootCrl) };
    }

    public void Dispose()
    {
        _handlers.ForEach(handler => handler.Dispose());
        _certificate?.Dispose();
    }

    private static X509Certificate2 ReadCertificate(string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw CliException.BadInput(
                $"--source-cert {certificate} and --source-key {key} are not a certificate and its key in PEM: {exception.Message}",
                cause: exception);
        }
    }

    // An address may carry a password or a token, before the host or behind the path.
    private static string Shown(string url) => Uri.TryCreate(url, UriKind.Absolute, out var address)
        ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
        : "the address";

    // The certificate names who asks: it is for services that were named, and for nobody else.
    private HttpMessageHandler Handler(bool useProxy = true, bool isNamed = false)
    {
        var handler = _invocation.CollateralTransport(
            _authorities is null ? null : UpstreamTransport.ReadAuthorities(_authorities), isNamed ? _certificate : null, useProxy);
        _handlers.Add(handler);
        return handler;
    }
}
