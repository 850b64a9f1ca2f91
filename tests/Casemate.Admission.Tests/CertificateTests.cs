using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Admission.Tests;

/// <summary>Certificates that replicas make and renew together.</summary>
public sealed class CertificateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Names = ["casemate-webhook.casemate.svc"];
    private static readonly CertificateKeeperOptions Options = new() { Namespace = "casemate" };

    [Fact]
    public void ACertificate_LeadsToItsAuthority_AndIsGoodForTheService()
    {
        var set = CertificateSet.Advance(null, Names, Noon);

        AssertTrusted(set.Current, set, Noon);
        AssertTrusted(set.Current, set, Noon + CertificateSet.Validity - TimeSpan.FromMinutes(1));
        Assert.DoesNotContain("PRIVATE", set.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_IsDone_WhileTheCertificateLasts()
    {
        var set = CertificateSet.Advance(null, Names, Noon);

        Assert.Same(set, CertificateSet.Advance(set, Names, Noon + TimeSpan.FromDays(59)));
    }

    [Fact]
    public void TheNext_IsKnown_BeforeItIsShown_AndTheFormerStaysKnown()
    {
        var first = CertificateSet.Advance(null, Names, Noon);
        var due = Noon + TimeSpan.FromDays(61);
        var announced = CertificateSet.Advance(first, Names, due);

        Assert.Equal(first.Current, announced.Current);
        AssertTrusted(announced.Next!, announced, due);
        Assert.Same(announced, CertificateSet.Advance(announced, Names, due + TimeSpan.FromMinutes(59)));

        var switched = CertificateSet.Advance(announced, Names, due + TimeSpan.FromHours(1));

        Assert.Equal(announced.Next, switched.Current);
        AssertTrusted(first.Current, switched, due + TimeSpan.FromHours(1));
        AssertTrusted(switched.Current, switched, due + TimeSpan.FromHours(1));

        var later = CertificateSet.Advance(switched, Names, first.NotAfter + TimeSpan.FromMinutes(1));

        Assert.Single(later.Authorities);
    }

    [Fact]
    public void AnEndedCertificate_OrOneForOtherNames_IsReplacedAtOnce()
    {
        var set = CertificateSet.Advance(null, Names, Noon);

        Assert.NotEqual(set.Current, CertificateSet.Advance(set, Names, set.NotAfter + TimeSpan.FromSeconds(1)).Current);
        Assert.NotEqual(set.Current, CertificateSet.Advance(set, ["other.casemate.svc"], Noon).Current);
    }

    [Fact]
    public async Task Replicas_ShowTheSameCertificate_AndTheConfigurationsKnowIt()
    {
        await using var server = await TestApiServer.StartAsync();
        PutConfigurations(server);
        using var client = server.CreateClient(options => options with { Time = new ManualTimeProvider(Noon) });
        await using var first = new CertificateKeeper(client, Options, NullLogger.Instance);
        await using var second = new CertificateKeeper(client, Options, NullLogger.Instance);

        await Task.WhenAll(first.KeepAsync(TestContext.Current.CancellationToken), second.KeepAsync(TestContext.Current.CancellationToken));
        await first.KeepAsync(TestContext.Current.CancellationToken);

        var set = CertificateSet.TryRead(server.Find(KubeResource.Secrets, "casemate", "casemate-webhook-tls")!)!;
        Assert.Equal(first.Context!.TargetCertificate.Thumbprint, second.Context!.TargetCertificate.Thumbprint);
        foreach (var resource in (KubeResource[])[KubeResource.MutatingWebhookConfigurations, KubeResource.ValidatingWebhookConfigurations])
        {
            var hook = server.Find(resource, null, "casemate-webhook")!.ToNode()["webhooks"]![0]!;
            Assert.Equal(set.AuthoritiesPem, Encoding.ASCII.GetString(Convert.FromBase64String(hook["clientConfig"]!["caBundle"]!.GetValue<string>())));
            Assert.Equal("casemate-webhook", hook["clientConfig"]!["service"]!["name"]!.GetValue<string>());
            Assert.Equal(3, hook["timeoutSeconds"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task AReplicaThatComesSecond_ReadsAgain()
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = server.CreateClient(options => options with { Time = new ManualTimeProvider(Noon) });
        await using var keeper = new CertificateKeeper(client, Options, NullLogger.Instance);
        server.Put(KubeResource.Secrets, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "casemate-webhook-tls", ["namespace"] = "casemate" } });
        server.Refuse(1, new ApiFault(409, "Conflict", "changed"), request => request.Method == "PATCH");

        await keeper.KeepAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, server.Requests.Count(request => request.Method == "PATCH"));
        Assert.Equal(
            keeper.Context!.TargetCertificate.NotAfter.ToUniversalTime(),
            CertificateSet.TryRead(server.Find(KubeResource.Secrets, "casemate", "casemate-webhook-tls")!)!.NotAfter.UtcDateTime);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"tls.crt":"AAAA","tls.key":"AAAA","ca.crt":"AAAA"}""")]
    [InlineData("""{"tls.crt":"no base64","tls.key":"AAAA","ca.crt":"AAAA"}""")]
    public void ASecret_WithoutCertificates_IsNoSet(string data) => Assert.Null(CertificateSet.TryRead(KubeObject.From(new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = "s" },
        ["data"] = JsonNode.Parse(data),
    })));

    [Fact]
    public async Task AServerThatRefuses_IsTold_AndTriedAgain()
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = server.CreateClient(options => options with { Time = new ManualTimeProvider(Noon) });
        await using var keeper = new CertificateKeeper(client, Options, NullLogger.Instance);
        server.Refuse(1, new ApiFault(403, "Forbidden", "no secrets for you"));

        await keeper.StartAsync(TestContext.Current.CancellationToken);

        Assert.Null(keeper.Context);
        Assert.Contains("no secrets for you", keeper.Problem, StringComparison.Ordinal);

        await keeper.KeepAsync(TestContext.Current.CancellationToken);

        Assert.NotNull(keeper.Context);
    }

    [Fact]
    public async Task ACertificate_IsShown_EvenWhereTheConfigurationsMayNotBeWritten()
    {
        await using var server = await TestApiServer.StartAsync();
        PutConfigurations(server);
        using var client = server.CreateClient(options => options with { Time = new ManualTimeProvider(Noon) });
        await using var keeper = new CertificateKeeper(client, Options, NullLogger.Instance);
        server.Refuse(10, new ApiFault(403, "Forbidden", "not yours"), request => request.Path.Contains("webhookconfigurations", StringComparison.Ordinal));

        await keeper.StartAsync(TestContext.Current.CancellationToken);

        Assert.NotNull(keeper.Context);
        Assert.Contains("not yours", keeper.Problem, StringComparison.Ordinal);
    }

    private static void PutConfigurations(TestApiServer server)
    {
        server.Put(KubeResource.MutatingWebhookConfigurations, WebhookConfigurations.Mutating("casemate"));
        server.Put(KubeResource.ValidatingWebhookConfigurations, WebhookConfigurations.Validating("casemate"));
    }

    private static void AssertTrusted(ServingPair pair, CertificateSet set, DateTimeOffset at)
    {
        using var certificate = X509Certificate2.CreateFromPem(pair.CertificatePem, pair.KeyPem);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(set.AuthoritiesPem);
        Assert.True(chain.Build(certificate), string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation)));
        Assert.True(certificate.MatchesHostname(Names[0]));
        Assert.True(certificate.HasPrivateKey);
    }
}
