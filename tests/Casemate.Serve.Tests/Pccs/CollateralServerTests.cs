using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation;
using Casemate.Collateral.Store;
using Casemate.Serve.Pccs;
using Casemate.Testing;
using Casemate.Testing.Attestation;
using static Casemate.Serve.Tests.Pccs.PccsFixture;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>The collateral service as a program starts, watches and stops it.</summary>
public sealed class CollateralServerTests
{
    [Fact]
    public async Task ListsEveryProblem_OfWrongOptions()
    {
        await using var pccs = await StartAsync();
        var options = pccs.Options(CollateralMode.Lazy) with
        {
            Listen = "*:8081",
            Upstreams = [],
            UserTokenHash = "secret",
            TlsKeyPath = "key",
            MaxRequestBodySize = 1,
            AnswerTimeout =
                default,
        };

        var refused = await Assert.ThrowsAsync<ServeStartException>(() => CollateralServer.StartAsync(options, pccs, pccs.Time, default));

        Assert.Equal(6, refused.Problems.Length);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsReady_UnlessNothingIsCached_AndNobodyCanBeReached()
    {
        await using var pccs = await StartAsync();
        pccs.Upstream.Fault = ProvisioningFault.ServerError;
        var notReady = await pccs.GetAsync("/readyz");
        Assert.Equal(503, notReady.Status);
        Assert.Contains("503", notReady.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await pccs.GetAsync("/healthz")).Status);

        pccs.Upstream.Fault = ProvisioningFault.None;
        pccs.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(200, (await pccs.GetAsync("/readyz")).Status);

        pccs.Upstream.Fault = ProvisioningFault.ServerError;
        Assert.Equal(200, (await pccs.GetAsync("/readyz")).Status);
    }

    [Fact]
    public async Task Counts_HitsMissesUpstreamsAndDaysToExpiry()
    {
        await using var pccs = await StartAsync();
        await pccs.GetAsync($"{Sgx}qe/identity");
        await pccs.GetAsync($"{Sgx}qe/identity");

        // A request is counted when its answer has left: the client may be quicker.
        var metrics = "";
        for (var i = 0; i < 50
            && !metrics.Contains("casemate_pccs_requests_total{route=\"qe-identity\",status=\"200\"} 2", StringComparison.Ordinal); i++)
        {
            metrics = (await pccs.GetAsync("/metrics")).Text;
        }

        Assert.Contains("casemate_pccs_requests_total{route=\"qe-identity\",status=\"200\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("casemate_collateral_lookups_total{type=\"qe-identity\",result=\"hit\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("casemate_collateral_lookups_total{type=\"qe-identity\",result=\"miss\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains($"casemate_collateral_fetch_total{{source=\"{pccs.Upstream.Address.Authority}\",result=\"Found\"}} 1", metrics,
            StringComparison.Ordinal);
        Assert.Matches("casemate_collateral_days_to_expiry{type=\"qe-identity\"[^}]*} 29\\.5", metrics);
    }

    [Fact]
    public async Task SpeaksTls_WithACertificateOfItsOwn_ThatClientsCanTrust()
    {
        await using var pccs = await StartAsync(change: options => options with { PlainHttp = false });
        using var own = X509CertificateLoader.LoadCertificateFromFile(pccs.Server.OwnCertificatePath!);
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) =>
                shown!.GetRawCertData().AsSpan().SequenceEqual(own.RawData) },
        };
        using var client = new HttpClient(handler) { BaseAddress = pccs.Address };

        using var response = await client.GetAsync($"{Sgx}qe/identity");

        Assert.Equal("https", pccs.Address.Scheme);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(new MediaTypeHeaderValue("application/json"), response.Content.Headers.ContentType);
    }

    [Fact]
    public async Task ListensOnAUnixSocket_AndTakesOverTheOneOfACrash()
    {
        using var folder = new TemporaryDirectory();
        var path = folder.File("pccs.sock");
        using (var crashed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            crashed.Bind(new UnixDomainSocketEndPoint(path));
            System.IO.File.Move(path, path + ".kept");                      // closing would remove it
        }

        System.IO.File.Move(path + ".kept", path);
        await using var pccs = await StartAsync(change: options => options with { Listen = null, SocketPath = path });
        using var client = UnixHttp.ClientOf(path);

        Assert.Null(pccs.Server.Address);
        Assert.Equal("ok\n", await client.GetStringAsync("http://localhost/healthz"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.None, System.IO.File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite));
        }
    }

    [Fact]
    public async Task FinishesWhatIsUnderWay_WhenItStops()
    {
        await using var pccs = await StartAsync();
        var held = pccs.Upstream.Hold();
        var question = pccs.GetAsync($"{Sgx}qe/identity");
        await pccs.Upstream.ArrivedAsync();
        var stop = pccs.Server.StopAsync(default);
        held.Dispose();

        Assert.Equal(200, (await question).Status);
        await stop;
    }

    [Fact]
    public async Task BeginsWithABundle_AndServesItWithoutAnybody()
    {
        await using var pccs = await PccsFixture.StartAsync();
        Assert.Equal(200, (await pccs.GetAsync($"{PccsFixture.Sgx}qe/identity")).Status);
        var store = DirectoryCollateralStore.Open(pccs.StorePath, pccs.Time.GetUtcNow());
        var piece = (await store.ReadAsync(CollateralKey.QeIdentity(Tee.Sgx), default)).Collateral!;
        var there = pccs.File("there");

        await pccs.RestartAsync(CollateralMode.Offline, options => options with
        {
            StoreDirectory = there,
            InitialCollateral = [piece],
            InitialCollateralName = "fleet.tar",
        });

        Assert.Equal(piece.Raw.ToArray(), (await pccs.GetAsync($"{PccsFixture.Sgx}qe/identity")).Body);
        Assert.Contains(pccs.Log, line => line.Contains(" 3534 Took 1 documents of fleet.tar", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DoesNotStart_WithABundleThatDoesNotVerify_AndNamesTheRootThatIsMissing()
    {
        await using var pccs = await PccsFixture.StartAsync();
        Assert.Equal(200, (await pccs.GetAsync($"{PccsFixture.Sgx}qe/identity")).Status);
        var store = DirectoryCollateralStore.Open(pccs.StorePath, pccs.Time.GetUtcNow());
        var piece = (await store.ReadAsync(CollateralKey.QeIdentity(Tee.Sgx), default)).Collateral!;

        var refused = await Assert.ThrowsAsync<ServeStartException>(() => pccs.RestartAsync(CollateralMode.Offline, options => options with
        {
            StoreDirectory = pccs.File("there"),
            Roots = TrustRoots.Production,
            InitialCollateral = [piece],
            InitialCollateralName = "fleet.tar",
        }));

        Assert.Contains("Nothing of fleet.tar was taken", refused.Message, StringComparison.Ordinal);
        Assert.Contains("it stands under the root '", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesTheRootThatIsMissing_ForWhatItDoesNotUse()
    {
        await using var pccs = await PccsFixture.StartAsync();
        Assert.Equal(200, (await pccs.GetAsync($"{PccsFixture.Sgx}qe/identity")).Status);

        await pccs.RestartAsync(CollateralMode.Offline, options => options with { Roots = TrustRoots.Production });

        Assert.Equal(404, (await pccs.GetAsync($"{PccsFixture.Sgx}qe/identity")).Status);
        Assert.Contains(
            pccs.Log, line => line.Contains(" 3516 ", StringComparison.Ordinal) && line.Contains("--allow-simulated", StringComparison.Ordinal));
        Assert.DoesNotContain(pccs.Log, line => line.Contains(" 3515 ", StringComparison.Ordinal));
    }
}
