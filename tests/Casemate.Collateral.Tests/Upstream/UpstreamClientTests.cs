using System.Net;
using System.Net.Sockets;
using System.Text;
using Casemate.Attestation;
using Casemate.Collateral.Store;
using Casemate.Collateral.Tests.Service;
using Casemate.Collateral.Upstream;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Upstream;

public sealed class UpstreamClientTests
{
    [Theory]
    [InlineData("http://pcs.example/")]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("https://user:secret@pcs.example/")]
    [InlineData("https://pcs.example/?key=1")]
    [InlineData("/relative")]
    public void Refuses_AnAddress_ThatMayNotBeUsed(string address)
    {
        using var handler = UpstreamTransport.CreateHandler();

        Assert.Throws<ArgumentException>(() => new KdsClient(
            new UpstreamEndpoint { Address = new Uri(address, UriKind.RelativeOrAbsolute) }, handler, TimeProvider.System));
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/", false)]
    [InlineData("http://localhost/", false)]
    [InlineData("https://kds.example/", false)]
    [InlineData("http://kds.example/", true)]
    public void Takes_AnAddress_ThatMayBeUsed(string address, bool allowed)
    {
        using var handler = UpstreamTransport.CreateHandler();
        using var client = new KdsClient(
            new UpstreamEndpoint { Address = new Uri(address), AllowUnprotectedHttp = allowed }, handler, TimeProvider.System);

        Assert.Equal(new Uri(address).Authority, client.Host);
    }

    [Fact]
    public void Sends_ASubscriptionKey_OverHttpsOnly()
    {
        using var handler = UpstreamTransport.CreateHandler();

        Assert.Throws<ArgumentException>(() => new PcsClient(
            new PcsOptions
            {
                Endpoint = new UpstreamEndpoint { Address = new Uri("http://pcs.example/"), AllowUnprotectedHttp = true },
                SubscriptionKeyFile = "key",
            },
            handler, TimeProvider.System));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("wörd")]
    public async Task Says_WhatIsWrongWithASubscriptionKey_WithoutShowingIt(string content)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("key"), content, TestContext.Current.CancellationToken);
        using var handler = UpstreamTransport.CreateHandler(useProxy: false);
        using var client = new PcsClient(new PcsOptions { SubscriptionKeyFile = directory.File("key") }, handler, TimeProvider.System);

        var answer = await client.FetchAsync(
            new CollateralRequest(CollateralKey.PckCertificates("ab", "0000"), new ProvisionedPlatform
            {
                QeId = "ab",
                PceId =
                "0000",
                EncryptedPpid = "aa"
            }), default);

        Assert.Equal(UpstreamStatus.Unauthorized, answer.Status);
        Assert.Contains("subscription key", answer.Problem, StringComparison.Ordinal);
        Assert.True(content.Length == 0 || !answer.Problem.Contains(content, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Says_WhenTheSubscriptionKeyIsNotAccepted()
    {
        await using var test = await Provisioned.StartAsync();
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("key"), "wrong", TestContext.Current.CancellationToken);
        using var handler = UpstreamTransport.CreateHandler(useProxy: false);
        using var client = new PcsClient(
            new PcsOptions
            {
                Endpoint = new UpstreamEndpoint { Address = test.Server.Address },
                SubscriptionKeyFile = directory.File("key"),
            }, handler, test.Time);

        var answer = await client.FetchAsync(
            new CollateralRequest(CollateralKey.PckCertificates("ab", "0000"), new ProvisionedPlatform
            {
                QeId = "ab",
                PceId =
                "0000",
                EncryptedPpid = "aa"
            }), default);

        Assert.Equal((UpstreamStatus.Unauthorized, 401), (answer.Status, answer.HttpStatus));
        Assert.DoesNotContain("wrong", answer.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_ForTheRoutesOfTheServices()
    {
        await using var test = await Provisioned.StartAsync();
        var fmspc = Provisioned.Fmspc;
        foreach (ICollateralUpstream client in new ICollateralUpstream[] { test.Pcs(), test.Pccs(), test.Thim() })
        {
            foreach (var key in new[]
            {
                CollateralKey.TcbInfo(Tee.Tdx, fmspc, TcbUpdate.Early), CollateralKey.TcbInfo(Tee.Sgx, fmspc, apiVersion: 3),
                CollateralKey.QeIdentity(Tee.Sgx, TcbUpdate.Evaluation(20)), CollateralKey.RootCaCrl(), CollateralKey.PckCrl(platformCa: false),
            })
            {
                Assert.Equal(UpstreamStatus.Found, (await client.FetchAsync(new CollateralRequest(key), default)).Status);
            }

            client.Dispose();
        }

        Assert.Equal(
        [
            $"/tdx/certification/v4/tcb?fmspc={fmspc}&update=early",
            $"/sgx/certification/v3/tcb?fmspc={fmspc}",
            "/sgx/certification/v4/qe/identity?tcbEvaluationDataNumber=20",
            "/IntelSGXRootCA.der",
            "/sgx/certification/v4/pckcrl?ca=processor&encoding=der",
            $"/tdx/certification/v4/tcb?fmspc={fmspc}&update=early",
            $"/sgx/certification/v3/tcb?fmspc={fmspc}",
            "/sgx/certification/v4/qe/identity?tcbEvaluationDataNumber=20",
            "/sgx/certification/v4/rootcacrl",
            "/sgx/certification/v4/pckcrl?ca=processor&encoding=der",
            $"/tdx/certification/v4/tcb?fmspc={fmspc}&update=early&clientid=production_client&api-version=2018-10-01-preview",
            $"/sgx/certification/v3/tcb?fmspc={fmspc}&clientid=production_client&api-version=2018-10-01-preview",
            "/sgx/certification/v4/qe/identity?tcbEvaluationDataNumber=20&clientid=production_client&api-version=2018-10-01-preview",
            "/sgx/certification/v4/pckcrl?uri=https%3A%2F%2Fcertificates.trustedservices.intel.com%2FIntelSGXRootCA.der&clientid=production_client&api-version=2018-10-01-preview",
            "/sgx/certification/v4/pckcrl?uri=https%3A%2F%2Fapi.trustedservices.intel.com%2Fsgx%2Fcertification%2Fv4%2Fpckcrl%3Fca%3Dprocessor%26encoding%3Dder&clientid=production_client&api-version=2018-10-01-preview",
        ],
        test.Server.Requests);
    }

    [Fact]
    public async Task Ends_WithTheCallersCancellation()
    {
        await using var test = await Provisioned.StartAsync();
        using var client = test.Pcs();
        using var impatience = new CancellationTokenSource();
        using (test.Server.Hold())
        {
            var asking = client.FetchAsync(new CollateralRequest(Provisioned.TcbInfo), impatience.Token).AsTask();
            await test.Server.ArrivedAsync();
            await impatience.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", UpstreamStatus.Malformed)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", UpstreamStatus.Malformed)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", UpstreamStatus.Malformed)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", UpstreamStatus.Unavailable)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"tcbInfo\"", UpstreamStatus.Unavailable)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTCB-Info-Issuer-Chain: %2D%2\r\n\r\n{}", UpstreamStatus.Malformed)]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n", UpstreamStatus.Malformed)]
    [InlineData("HTTP/1.1 429 Slow\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n", UpstreamStatus.Throttled)]
    [InlineData("HTTP/1.1 503 No\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n", UpstreamStatus.Unavailable)]
    [InlineData("HTTP/1.1 204 Nothing\r\n\r\n", UpstreamStatus.Malformed)]
    [InlineData("", UpstreamStatus.Unavailable)]
    public async Task Survives_WhateverTheOtherSideSpeaks(string answer, UpstreamStatus expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var connection = await listener.AcceptTcpClientAsync();
            listener.Stop();                                                // a connection that ends early is tried once more
            var (request, stream) = (new byte[4096], connection.GetStream());
            Assert.True(await stream.ReadAsync(request) > 0);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer));
            connection.Client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(request) > 0)
            {
                // Until the client closes: an unread request would turn the end into a reset.
            }
        });
        using var handler = UpstreamTransport.CreateHandler(useProxy: false);
        using var client = new PcsClient(
            new PcsOptions
            {
                Endpoint = new UpstreamEndpoint
                {
                    Address = new Uri(
                $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/")
                }
            },
            handler, TimeProvider.System);

        var found = await client.FetchAsync(new CollateralRequest(CollateralKey.TcbInfo(Tee.Sgx, "00606a000000")), default);
        handler.Dispose();
        await serving;

        Assert.Equal(expected, found.Status);
        Assert.DoesNotContain(found.Problem, character => character is < ' ' or > '~');
    }
}
