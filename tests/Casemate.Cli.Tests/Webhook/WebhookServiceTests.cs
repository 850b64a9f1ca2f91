using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Admission;
using Casemate.Cli.Webhook;
using Casemate.Kubernetes;
using Casemate.Serve;
using Casemate.Testing.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Cli.Tests.Webhook;

/// <summary>The webhook as the API server and a kubelet meet it.</summary>
public sealed class WebhookServiceTests
{
    private const string Review =
        """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","namespace":"default","operation":"CREATE",
         "resource":{"group":"","version":"v1","resource":"pods"},
         "object":{"metadata":{},"spec":{"containers":[{"name":"a","resources":{"limits":{"kubernetes.azure.com/sgx_epc_mem_in_MiB":"10"}}}]}}}}
        """;

    [Fact]
    public async Task CompletesPods_OverTls_WithACertificateThatItMadeAndAnnounced()
    {
        await using var api = await TestApiServer.StartAsync();
        api.Put(KubeResource.MutatingWebhookConfigurations, WebhookConfigurations.Mutating("casemate"));
        api.Put(KubeResource.Nodes, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "n1" },
            ["status"] = new JsonObject { ["allocatable"] = new JsonObject { ["sgx.intel.com/epc"] = "64Gi", ["sgx.intel.com/enclave"] = "110" } },
        });
        await using var service = await StartAsync(new WebhookServiceOptions
        {
            Listen = "127.0.0.1:0",
            Settings = AdmissionSettings.Default,
            Cluster = api.Configuration,
            Certificates = new CertificateKeeperOptions { Namespace = "casemate" },
            Health = "127.0.0.1:0",
        });
        using var plain = new HttpClient();
        await api.UntilAsync(() => service.WhyNotReady() is null);
        using var client = ClientThatTrusts(api, service);

        var answer = JsonNode.Parse(await PostAsync(client, "mutate", Review))!["response"]!;

        var patch = Encoding.UTF8.GetString(Convert.FromBase64String(answer["patch"]!.GetValue<string>()));
        Assert.Contains("\"/spec/containers/0/resources/limits/sgx.intel.com~1epc\",\"value\":\"10Mi\"", patch, StringComparison.Ordinal);
        Assert.Contains(
            "webhook_reviews_total{endpoint=\"Mutate\",outcome=\"Changed\"} 1",
            await plain.GetStringAsync(service.Health + "/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswersWhatIsNoReview_WithAStatus()
    {
        await using var service = await StartAsync(Plain);
        using var client = new HttpClient { BaseAddress = service.Address };

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(client, HttpMethod.Post, "validate", Review)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(client, HttpMethod.Post, "mutate", "{}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(client, HttpMethod.Post, "other", Review)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await SendAsync(client, HttpMethod.Put, "mutate", Review)).StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await SendAsync(client, HttpMethod.Post, "mutate", Review, "text/plain")).StatusCode);
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            (await SendAsync(client, HttpMethod.Post, "mutate", new string(' ', (64 * 1024) + 1))).StatusCode);
    }

    [Fact]
    public async Task TakesBodies_WhoseLengthNobodySaid()
    {
        await using var service = await StartAsync(Plain);
        using var client = new HttpClient { BaseAddress = service.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "mutate")
        {
            Content = new StreamContent(new MemoryStream(
            Encoding.UTF8.GetBytes(Review.Replace("\"metadata\":{}", $"\"metadata\":{{\"annotations\":{{\"x\":\"{new string('x', 40_000)}\"}}}}", StringComparison.Ordinal))))
        };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new("application/json");

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("JSONPatch", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManyLargeBodies_AreNotReadAtOnce_AndKeepNoSmallReviewWaiting()
    {
        await using var service = await StartAsync(Plain with { MaxRequestBodySize = 4 << 20 });
        using var client = new HttpClient { BaseAddress = service.Address };
        var large = Review.PadRight(300 * 1024);
        var slow = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 4; i++)
            {
                slow.Add(new TcpClient());
                await slow[^1].ConnectAsync(service.Address.Host, service.Address.Port, TestContext.Current.CancellationToken);
                await slow[^1].GetStream().WriteAsync(
                    Encoding.ASCII.GetBytes($"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {large.Length}\r\n\r\n{{"),
                    TestContext.Current.CancellationToken);
            }

            HttpStatusCode refused;
            do
            {
                refused = (await SendAsync(client, HttpMethod.Post, "mutate", large)).StatusCode;
            }
            while (refused == HttpStatusCode.OK);                          // until all four are being read

            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused);
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(client, HttpMethod.Post, "mutate", Review)).StatusCode);
        }
        finally
        {
            slow.ForEach(one => one.Dispose());
        }

        HttpStatusCode after;
        do
        {
            after = (await SendAsync(client, HttpMethod.Post, "mutate", large)).StatusCode;
        }
        while (after == HttpStatusCode.ServiceUnavailable);                // until it has seen that they hung up

        Assert.Equal(HttpStatusCode.OK, after);
    }

    [Fact]
    public async Task Starts_NotReady_WhereNoCertificateCanBeHad()
    {
        await using var api = await TestApiServer.StartAsync();
        api.Refuse(100, new ApiFault(403, "Forbidden", "no secrets for you"), request => request.Path.Contains("/secrets", StringComparison.Ordinal));
        await using var service = await StartAsync(new WebhookServiceOptions
        {
            Listen = "127.0.0.1:0",
            Settings = AdmissionSettings.Default,
            Cluster = api.Configuration,
            Certificates = new CertificateKeeperOptions { Namespace = "casemate" },
            Health = "127.0.0.1:0",
        });
        using var plain = new HttpClient();
        using var ready = await plain.GetAsync(service.Health + "/readyz", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("no secrets for you", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusesToStart_WithoutAnywhereToKeepCertificates() => Assert.Contains(
        "TlsCertificatePath",
        (await Assert.ThrowsAsync<ServeStartException>(() => StartAsync(Plain with { PlainHttp = false }))).Problems[0], StringComparison.Ordinal);

    [Theory]
    [InlineData("--kubernetes", "maybe", "--kubernetes 'maybe'")]
    [InlineData("--tls-secret", "a/b/c", "--tls-secret")]
    [InlineData("--service", "Not_A_Name", "--service")]
    public void RefusesASettingThatMakesNoSense(string flag, string value, string told)
    {
        var kubeconfig = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(kubeconfig, "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}]\n"
            + "users: [{name: a, user: {}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n");
        try
        {
            var run = CommandLine.Run("webhook", "--kubeconfig", kubeconfig, flag, value);

            Assert.Equal(ExitCode.Usage, run.ExitCode);
            Assert.Contains(told, run.Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(kubeconfig);
        }
    }

    private static WebhookServiceOptions Plain => new()
    {
        Listen = "127.0.0.1:0",
        Settings = AdmissionSettings.Default,
        PlainHttp = true,
        MaxRequestBodySize = 64 * 1024,
    };

    private static Task<WebhookService> StartAsync(WebhookServiceOptions options) =>
        WebhookService.StartAsync(options, NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);

    private static async Task<string> PostAsync(HttpClient client, string path, string body)
    {
        using var answer = await SendAsync(client, HttpMethod.Post, path, body);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient client, HttpMethod method, string path, string body, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, type) };
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    // As the API server does: the bundle of the configuration, and the name of the Service.
    private static HttpClient ClientThatTrusts(TestApiServer api, WebhookService service)
    {
        var bundle = api.Find(KubeResource.MutatingWebhookConfigurations, null, "casemate-webhook")!
            .ToNode()["webhooks"]![0]!["clientConfig"]!["caBundle"]!.GetValue<string>();
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(Encoding.ASCII.GetString(Convert.FromBase64String(bundle)));
        var handler = new SocketsHttpHandler();
        handler.SslOptions.TargetHost = "casemate-webhook.casemate.svc";
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        return new HttpClient(handler) { BaseAddress = service.Address, DefaultRequestHeaders = { Host = "casemate-webhook.casemate.svc" } };
    }
}
