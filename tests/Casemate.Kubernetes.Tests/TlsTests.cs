using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>Who is believed to be the API server.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private readonly TemporaryDirectory _directory = new();
    private TestApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync(_certificates.Issue("localhost", isServer: true));
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificates.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Believes_TheClustersOwnAuthority()
    {
        using var client = new KubeClient(Configuration(_certificates.AuthorityPem));

        Assert.Equal("n1", (await client.GetAsync(KubeResource.Nodes, null, "n1")).Name);
        Assert.Equal("secret-token", _server.Requests[0].Token);
    }

    [Fact]
    public async Task Refuses_AnotherAuthority_AndSendsItNothing()
    {
        using var other = new TestCertificates();
        using var client = new KubeClient(Configuration(other.AuthorityPem));

        var failure = await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Equal("Untrusted", failure.Reason);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Refuses_AnAuthorityThatTheClusterDoesNotName()
    {
        using var client = new KubeClient(Configuration(null));

        var failure = await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Equal("Untrusted", failure.Reason);
    }

    [Fact]
    public async Task Refuses_ACertificateForAnotherName()
    {
        using var client = new KubeClient(Configuration(_certificates.AuthorityPem, "    tls-server-name: elsewhere\n"));

        var failure = await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Nodes, null, "n1"));

        Assert.Equal("Untrusted", failure.Reason);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Takes_TheNameThatTheKubeconfigGives()
    {
        using var client = new KubeClient(Configuration(_certificates.AuthorityPem, "    tls-server-name: localhost\n"));

        Assert.Equal("n1", (await client.GetAsync(KubeResource.Nodes, null, "n1")).Name);
    }

    [Fact]
    public async Task Believes_Anybody_OnlyWhenThatIsSaidTwice()
    {
        var file = Kubeconfig(null, "    insecure-skip-tls-verify: true\n");
        Assert.Contains(
            "AllowUnverifiedApiServer",
            Assert.Throws<KubeConfigurationException>(() => KubeConfiguration.Load(file)).Message, StringComparison.Ordinal);

        using var client = new KubeClient(KubeConfiguration.Load(file, new KubeconfigOptions { AllowUnverifiedApiServer = true }));
        Assert.Equal("n1", (await client.GetAsync(KubeResource.Nodes, null, "n1")).Name);
    }

    [Fact]
    public async Task Uses_ThePodsServiceAccount()
    {
        File.WriteAllText(_directory.File("token"), "pod-token\n");
        File.WriteAllText(_directory.File("ca.crt"), _certificates.AuthorityPem);
        File.WriteAllText(_directory.File("namespace"), "casemate-system");
        var configuration = KubeConfiguration.InCluster(new KubeEnvironment
        {
            ServiceAccountDirectory = _directory.Path,
            Variable = name => name switch
            {
                "KUBERNETES_SERVICE_HOST" => "127.0.0.1",
                "KUBERNETES_SERVICE_PORT" => $"{_server.Address.Port}",
                _ => null,
            },
        });
        var clock = new ManualTimeProvider(DateTimeOffset.UtcNow);
        using var client = new KubeClient(configuration, new KubeClientOptions { Time = clock });

        await client.GetAsync(KubeResource.Nodes, null, "n1");
        File.WriteAllText(_directory.File("token"), "next-token");
        await client.GetAsync(KubeResource.Nodes, null, "n1");
        clock.Advance(TimeSpan.FromMinutes(1));
        await client.GetAsync(KubeResource.Nodes, null, "n1");

        Assert.Equal("casemate-system", configuration.Namespace);
        Assert.Equal(["pod-token", "pod-token", "next-token"], _server.Requests.Select(request => request.Token));
    }

    [Fact]
    public async Task ReadsTheToken_AtOnce_WhenTheServerRefusesIt()
    {
        File.WriteAllText(_directory.File("token"), "old-token");
        var file = Kubeconfig(_certificates.AuthorityPem, "", "tokenFile: token");
        using var client = new KubeClient(KubeConfiguration.Load(file));
        await client.GetAsync(KubeResource.Nodes, null, "n1");
        File.WriteAllText(_directory.File("token"), "new-token");
        _server.AcceptedToken = "new-token";

        await client.GetAsync(KubeResource.Nodes, null, "n1");

        Assert.Equal(["old-token", "old-token", "new-token"], _server.Requests.Select(request => request.Token));
    }

    [Fact]
    public async Task Shows_TheClientsCertificate()
    {
        using var certificate = _certificates.Issue("somebody", isServer: false);
        File.WriteAllText(_directory.File("client.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(_directory.File("client.key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var file = Kubeconfig(_certificates.AuthorityPem, "", "{client-certificate: client.crt, client-key: client.key}");
        using var client = new KubeClient(KubeConfiguration.Load(file));

        await client.GetAsync(KubeResource.Nodes, null, "n1");

        Assert.Equal("CN=somebody", _server.Requests[0].Subject);
        Assert.Null(_server.Requests[0].Token);
    }

    private KubeConfiguration Configuration(string? authority, string more = "") => KubeConfiguration.Load(Kubeconfig(authority, more));

    private string Kubeconfig(string? authority, string more, string user = "token: secret-token")
    {
        var data = authority is null ? "" : $"    certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(authority))}\n";
        var path = _directory.File("config");
        File.WriteAllText(
            path,
            $"current-context: c\nclusters:\n- name: k\n  cluster:\n    server: https://127.0.0.1:{_server.Address.Port}\n{data}{more}"
                + $"users:\n- name: u\n  user:\n    {user}\ncontexts:\n- name: c\n  context: {{cluster: k, user: u}}\n");
        return path;
    }
}
