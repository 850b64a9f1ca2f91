using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Casemate.Kubernetes;

/// <summary>Which API server to ask, whom to trust for it, and as whom.</summary>
public sealed class KubeConfiguration
{
    internal KubeConfiguration(Uri server, AuthorityBundle? authorities, ICredentialSource credentials)
    {
        if (server.Scheme == Uri.UriSchemeHttp && !server.IsLoopback)
        {
            throw new KubeConfigurationException(
                $"The API server's address is {server}: without TLS anybody on the way reads the credentials. Write https://.");
        }

        Server = server.AbsolutePath.EndsWith('/') ? server : new UriBuilder(server) { Path = server.AbsolutePath + "/" }.Uri;
        (Authorities, Credentials) = (authorities, credentials);
    }

    /// <summary>The API server's address; ends with a slash.</summary>
    public Uri Server { get; }

    /// <summary>The namespace of whoever asks; <c>default</c> when nothing names one.</summary>
    public string Namespace { get; internal init; } = "default";

    /// <summary>The name that the server's certificate must carry; null: that of <see cref="Server"/>.</summary>
    public string? TlsServerName { get; internal init; }

    /// <summary>True when nobody checks who answers: <c>insecure-skip-tls-verify</c>, and the caller allowed it.</summary>
    public bool AllowUnverifiedApiServer { get; internal init; }

    /// <summary>Where the configuration came from, for messages.</summary>
    public string Origin { get; internal init; } = "";

    /// <summary>Those that may vouch for the server; null: those of the system (never in a pod).</summary>
    internal AuthorityBundle? Authorities { get; }

    internal ICredentialSource Credentials { get; }

    /// <summary>
    /// Finds the configuration as <c>kubectl</c> does: the file that is named, else those of <c>KUBECONFIG</c>, else the service account
    /// of the pod, else <c>~/.kube/config</c>.
    /// </summary>
    /// <param name="kubeconfig">A file; null: look for one.</param>
    /// <param name="options">Which context; null: defaults.</param>
    /// <param name="environment">The surroundings; null: the real ones.</param>
    /// <exception cref="KubeConfigurationException">There is none, or it cannot be used.</exception>
    public static KubeConfiguration Load(string? kubeconfig = null, KubeconfigOptions? options = null, KubeEnvironment? environment = null)
    {
        environment ??= new KubeEnvironment();
        options ??= KubeconfigOptions.Default;
        if (kubeconfig is not null)
        {
            return KubeconfigFile.Load([kubeconfig], mustExist: true, options, environment);
        }

        if (environment.Variable("KUBECONFIG") is { Length: > 0 } list)
        {
            return KubeconfigFile.Load(list.Split(':', StringSplitOptions.RemoveEmptyEntries), mustExist: false, options, environment);
        }

        if (environment.IsInCluster)
        {
            return InCluster(environment);
        }

        var path = Path.Combine(environment.HomeDirectory ?? "/", ".kube", "config");
        return File.Exists(path)
            ? KubeconfigFile.Load([path], mustExist: true, options, environment)
            : throw new KubeConfigurationException(
                $"No cluster is named: there is no {path}, KUBECONFIG is not set, and this is no pod. Name a kubeconfig file.");
    }

    /// <summary>
    /// The API server of the cluster that the program runs in. The token and the authorities are read again every minute.
    /// </summary>
    /// <exception cref="KubeConfigurationException">This is no pod, or its service account is not mounted.</exception>
    public static KubeConfiguration InCluster(KubeEnvironment? environment = null)
    {
        environment ??= new KubeEnvironment();
        var host = environment.Variable("KUBERNETES_SERVICE_HOST");
        var port = environment.Variable("KUBERNETES_SERVICE_PORT");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new KubeConfigurationException(
                "This is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set. Name a kubeconfig file instead.");
        }

        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0
            || Uri.CheckHostName(host.Trim('[', ']')) is UriHostNameType.Unknown)
        {
            throw new KubeConfigurationException("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT do not name a host and a port.");
        }

        var isV6 = IPAddress.TryParse(host.Trim('[', ']'), out var address) && address.AddressFamily is AddressFamily.InterNetworkV6;
        var token = new TokenFile(Path.Combine(environment.ServiceAccountDirectory, "token"));
        var authorities = AuthorityBundle.FromFile(Path.Combine(environment.ServiceAccountDirectory, "ca.crt"));
        var namespaceFile = Path.Combine(environment.ServiceAccountDirectory, "namespace");
        return new KubeConfiguration(new Uri($"https://{(isV6 ? $"[{address}]" : host)}:{number}/"), authorities, token)
        {
            Namespace = File.Exists(namespaceFile) ? ConfigurationFile.ReadText(namespaceFile).Trim() : "default",
            Origin = "the pod's service account",
        };
    }

    /// <summary>An API server on this machine that asks for no credentials: <c>kubectl proxy</c>, or a test.</summary>
    /// <param name="server">An address of loopback.</param>
    /// <param name="token">A bearer token; null: none.</param>
    /// <exception cref="KubeConfigurationException">The address leaves the machine, or the token cannot be sent.</exception>
    public static KubeConfiguration Loopback(Uri server, string? token = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (!server.IsLoopback)
        {
            throw new KubeConfigurationException($"{server} is not an address of this machine.");
        }

        var credential = token is null ? KubeCredential.Anonymous : new KubeCredential(TokenText.Check(token, "the token"), null);
        return new KubeConfiguration(server, null, new FixedCredential(credential)) { Origin = "loopback" };
    }
}
