using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Broker;
using Casemate.Testing;
using Casemate.Testing.Attestation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Serve.Tests.Kbs;

public sealed class CasemateServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private Task<CasemateServer> StartAsync(Func<ServeOptions, ServeOptions>? change = null, TimeProvider? time = null)
    {
        var options = ServeFixture.Options(_directory.Path);
        return CasemateServer.StartAsync(
            change?.Invoke(options) ?? options, NullLoggerFactory.Instance, time ?? TimeProvider.System, default);
    }

    private static HttpClient TrustingClient(Uri address, string certificateFile, Version? version = null)
    {
        var trusted = X509CertificateLoader.LoadCertificateFromFile(certificateFile);
        return new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { trusted },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        })
        {
            BaseAddress = address,
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    [Fact]
    public async Task Speaks_TlsByDefault_WithACertificateThatClientsCanTrust()
    {
        await using var server = await StartAsync(o => o with { PlainHttp = false, HostNames = ["kbs.example", "192.0.2.7"] });
        Assert.Equal("https", server.Address.Scheme);
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            foreach (var host in (string[])["127.0.0.1", "localhost"])
            {
                using var client = TrustingClient(new Uri($"https://{host}:{server.Address.Port}"), server.State.TlsCertificate, version);
                Assert.Equal("ok\n", await client.GetStringAsync("/healthz"));
            }
        }

        using var distrusting = new HttpClient { BaseAddress = server.Address };
        await Assert.ThrowsAsync<HttpRequestException>(() => distrusting.GetStringAsync("/healthz"));
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(server.State.TlsCertificate);
        foreach (var name in (string[])["localhost", "127.0.0.1", "::1", "kbs.example", "192.0.2.7"])
        {
            Assert.True(certificate.MatchesHostname(name), name);
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.State.TlsKey));
        }
    }

    [Fact]
    public async Task SessionCookie_IsSecureOverTls()
    {
        await using var server = await StartAsync(o => o with { PlainHttp = false });
        using var client = TrustingClient(server.Address, server.State.TlsCertificate);
        using var response = await client.PostAsync("/kbs/v0/auth", new ByteArrayContent(TestWorkload.AuthRequest("snp")));
        Assert.EndsWith(
            "; HttpOnly; SameSite=Strict; Secure", Assert.Single(response.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_IsKept_AndRenewedBeforeItEnds_WithoutARestart()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UtcNow);
        byte[] first;
        await using (var server = await StartAsync(o => o with { PlainHttp = false }, clock))
        {
            first = File.ReadAllBytes(server.State.TlsCertificate);
        }

        await using var again = await StartAsync(o => o with { PlainHttp = false }, clock);
        Assert.Equal(first, File.ReadAllBytes(again.State.TlsCertificate));

        clock.Advance(TimeSpan.FromDays(368));                             // 29 days before its end
        Assert.NotEqual(Convert.ToHexString(CertificateShown(again).RawData), Thumb(first));
        Assert.NotEqual(first, File.ReadAllBytes(again.State.TlsCertificate));

        static string Thumb(byte[] pem) => Convert.ToHexString(X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(pem)).RawData);
    }

    [Fact]
    public async Task Certificate_IsReplaced_WhenItIsDamagedOrLacksAName()
    {
        string path;
        byte[] first;
        await using (var server = await StartAsync(o => o with { PlainHttp = false }))
        {
            path = server.State.TlsCertificate;
            first = File.ReadAllBytes(path);
        }

        await using (await StartAsync(o => o with { PlainHttp = false, HostNames = ["new.example"] }))
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
            Assert.True(certificate.MatchesHostname("new.example"));
        }

        File.WriteAllText(path, "damaged");
        await using (await StartAsync(o => o with { PlainHttp = false }))
        {
            Assert.NotEqual("damaged", File.ReadAllText(path));
            Assert.NotEqual(first, File.ReadAllBytes(path));
        }
    }

    [Fact]
    public async Task OperatorsCertificate_IsReadAgain_WhenItChanges()
    {
        var (certificate, key) = (_directory.File("op.crt"), _directory.File("op.key"));
        var clock = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await MakeAsync("a");
        await using var server = await StartAsync(
            o => o with { PlainHttp = false, TlsCertificatePath = certificate, TlsKeyPath = key }, clock);
        Assert.Contains("CN=a", CertificateShown(server).Subject, StringComparison.Ordinal);
        Assert.False(File.Exists(server.State.TlsCertificate));
        await MakeAsync("b");
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("CN=b", CertificateShown(server).Subject, StringComparison.Ordinal);
        File.WriteAllText(certificate, "damaged");
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("CN=b", CertificateShown(server).Subject, StringComparison.Ordinal);

        async Task MakeAsync(string name)
        {
            using var ecdsa = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", ecdsa, System.Security.Cryptography.HashAlgorithmName.SHA256);
            using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
            await File.WriteAllTextAsync(key, ecdsa.ExportPkcs8PrivateKeyPem());
            await File.WriteAllTextAsync(certificate, made.ExportCertificatePem());
            File.SetLastWriteTimeUtc(certificate, DateTime.UtcNow.AddSeconds(name[0]));
        }
    }

    [Fact]
    public async Task Says_EveryProblemOfTheOptionsAtOnce()
    {
        var e = await Assert.ThrowsAsync<ServeStartException>(() => StartAsync(o => o with
        {
            Listen = "0.0.0.0:8080",
            TlsCertificatePath = "cert.pem",
            HostNames = ["not a name"],
            Policy = AppraisalPolicy.Parse("acceptUnboundEvidence: true"),
            Limits = new BrokerLimits { MaxSessions = 0, SessionLifetime = TimeSpan.Zero },
            Token = new TokenOptions { Lifetime = TimeSpan.FromDays(2) },
            MaxRequestBodySize = 1,
            MaxResourceSize = 0,
            MaxConnections = 0,
            ShutdownTimeout = TimeSpan.FromHours(1),
        }));
        Assert.Equal(11, e.Problems.Length);
        Assert.Contains(e.Problems, p => p.Contains("Leave PlainHttp out to get TLS, or listen on 127.0.0.1", StringComparison.Ordinal));
        Assert.Contains(e.Problems, p => p.Contains("TlsCertificatePath and TlsKeyPath belong together", StringComparison.Ordinal));
        Assert.Contains(e.Problems, p => p.Contains("not a name", StringComparison.Ordinal));
        Assert.Contains(e.Problems, p => p.Contains("acceptUnboundEvidence", StringComparison.Ordinal));
        Assert.All(e.Problems, p => Assert.Contains(p, e.Message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_directory.File("state")));
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("example.com:80")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("::1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData(":80")]
    [InlineData("")]
    public async Task Refuses_OtherListenAddresses(string listen)
    {
        var e = await Assert.ThrowsAsync<ServeStartException>(() => StartAsync(o => o with { Listen = listen }));
        Assert.Contains("write HOST:PORT", Assert.Single(e.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:0", "http://localhost:")]
    [InlineData("[::1]:0", "http://[::1]:")]
    public async Task Listens_OnOtherLoopbackAddresses(string listen, string address)
    {
        if (listen.StartsWith('[') && !Socket.OSSupportsIPv6)
        {
            Assert.Skip("There is no IPv6 on this machine.");
        }

        await using var server = await StartAsync(o => o with { Listen = listen });
        Assert.StartsWith(address, server.Address.AbsoluteUri, StringComparison.Ordinal);
        using var client = new HttpClient { BaseAddress = server.Address };
        Assert.Equal("ok\n", await client.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task Refuses_ATakenPort_AndLeavesTheStateFree()
    {
        await using var first = await StartAsync();
        using var other = new TemporaryDirectory();
        var taken = ServeFixture.Options(other.Path) with { Listen = $"127.0.0.1:{first.Address.Port}" };
        var e = await Assert.ThrowsAsync<ServeStartException>(
            () => CasemateServer.StartAsync(taken, NullLoggerFactory.Instance, TimeProvider.System, default));
        Assert.Contains("another program listens there", Assert.Single(e.Problems), StringComparison.Ordinal);
        await using var second = await CasemateServer.StartAsync(
            taken with { Listen = "127.0.0.1:0" }, NullLoggerFactory.Instance, TimeProvider.System, default);
    }

    [Fact]
    public async Task Refuses_ASecondServiceOnTheSameState()
    {
        await using var first = await StartAsync();
        var e = await Assert.ThrowsAsync<ServeStartException>(() => StartAsync());
        Assert.Contains("in use by another process", Assert.Single(e.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_DamagedState_SayingWhichFile()
    {
        await using (await StartAsync())
        {
        }

        foreach (var file in (string[])["token.key", "resources.key", "admin.token"])
        {
            var path = _directory.File(Path.Combine("state", file));
            var content = File.ReadAllBytes(path);
            File.WriteAllText(path, "damaged");
            var e = await Assert.ThrowsAsync<ServeStartException>(() => StartAsync());
            Assert.Contains(file, Assert.Single(e.Problems), StringComparison.Ordinal);
            File.WriteAllBytes(path, content);
        }

        await using var again = await StartAsync();
    }

    [Fact]
    public async Task Keeps_ResourcesTokensAndAdminToken_AcrossRestarts()
    {
        string admin;
        await using (var server = await StartAsync())
        {
            await server.Resources.PutAsync(ResourcePath.Parse("a/b/c"), "kept"u8.ToArray());
            admin = File.ReadAllText(server.State.AdminToken);
        }

        await using var again = await StartAsync();
        Assert.Equal("kept"u8.ToArray(), await again.Resources.GetAsync(ResourcePath.Parse("a/b/c")));
        Assert.Equal(admin, File.ReadAllText(again.State.AdminToken));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(again.State.Path));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(again.State.AdminToken));
        }
    }

    [Fact]
    public async Task Removes_WhatAKilledServiceLeft()
    {
        await using (await StartAsync())
        {
        }

        string[] leftovers = [_directory.File("state/.tmp-0000000000000001"), _directory.File("state/resources/.tmp-0000000000000002")];
        Array.ForEach(leftovers, f => File.WriteAllText(f, "half"));
        await using var again = await StartAsync();
        Assert.DoesNotContain(leftovers, File.Exists);
    }

    [Fact]
    public async Task Sees_ResourcesThatAnotherProcessStores()
    {
        await using var server = await StartAsync();
        using (var other = DirectoryResourceStore.Open(server.State.Resources))
        {
            await other.PutAsync(ResourcePath.Parse("a/b/c"), "from outside"u8.ToArray());
        }

        Assert.Equal("from outside"u8.ToArray(), await server.Resources.GetAsync(ResourcePath.Parse("a/b/c")));
    }

    [Fact]
    public async Task Stops_OnlyAfterRequestsUnderWayHaveEnded()
    {
        var server = await StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        var stream = client.GetStream();
        var body = TestWorkload.AuthRequest("snp");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /kbs/v0/auth HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {body.Length}\r\n\r\n"));
        var buffer = new byte[64];
        var goOn = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();
        await stream.ReadExactlyAsync(buffer.AsMemory(0, goOn.Length));
        Assert.Equal(goOn, buffer[..goOn.Length]);      // said when the body is first read: the request is under way
        await stream.WriteAsync(body.AsMemory(0, 10));

        var stopping = server.StopAsync(default);
        Assert.False(stopping.IsCompleted);
        await stream.WriteAsync(body.AsMemory(10));
        var read = await stream.ReadAtLeastAsync(buffer, 15);
        Assert.StartsWith("HTTP/1.1 200 OK", Encoding.ASCII.GetString(buffer, 0, read), StringComparison.Ordinal);
        await stopping;
        await server.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n", "400")]
    [InlineData("GET /healthz HTTP/9.9\r\n\r\n", "505")]
    [InlineData("GET /healthz HTTP/1.1\r\n\r\n", "400")]
    [InlineData("POST /kbs/v0/auth HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400")]
    [InlineData("POST /kbs/v0/auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400")]
    [InlineData("POST /kbs/v0/auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "400")]
    [InlineData("GET /{LONG} HTTP/1.1\r\nHost: x\r\n\r\n", "414")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {BIG}\r\n\r\n", "431")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\n{MANY}\r\n", "431")]
    public async Task Refuses_MalformedHttp(string request, string status)
    {
        await using var server = await StartAsync();
        request = request.Replace("{LONG}", new string('a', 9000), StringComparison.Ordinal)
            .Replace("{BIG}", new string('a', 70_000), StringComparison.Ordinal)
            .Replace("{MANY}", string.Concat(Enumerable.Range(0, 70).Select(i => $"h{i}: x\r\n")), StringComparison.Ordinal);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        var buffer = new byte[256];
        var read = await client.GetStream().ReadAtLeastAsync(buffer, 12, throwOnEndOfStream: false);
        Assert.StartsWith($"HTTP/1.1 {status}", Encoding.ASCII.GetString(buffer, 0, read), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_Connections()
    {
        await using var server = await StartAsync(o => o with { MaxConnections = 1 });
        using var first = new TcpClient();
        await first.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        await first.GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        Assert.True(await first.GetStream().ReadAtLeastAsync(new byte[512], 15) >= 15);     // counted by now
        using var second = new TcpClient();
        await second.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        Assert.Equal(0, await ReadToEndAsync(second));
        first.Close();

        static async Task<int> ReadToEndAsync(TcpClient client)
        {
            try
            {
                return await client.GetStream().ReadAsync(new byte[16]);
            }
            catch (IOException)
            {
                return 0;                                                  // reset in place of closed
            }
        }
    }

    [Fact]
    public async Task Counts_UnderTheNamesOfTheHandbook()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        await fixture.TokenAsync("snp", workload);
        _ = await fixture.Client.GetByteArrayAsync("/kbs/v0/resource/default/key/1");
        using var missing = await fixture.Client.GetAsync("/kbs/v0/resource/default/key/hidden-name");
        using var refused = await fixture.PostAsync("/kbs/v0/auth", "x"u8.ToArray());
        var text = await fixture.Client.GetStringAsync("/metrics");
        var values = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#')
            .ToDictionary(l => l[..l.LastIndexOf(' ')], l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        Assert.Equal(2, values["kbs_auth_requests_total"]);
        Assert.Equal(1, values["kbs_auth_successes_total"]);
        Assert.Equal(1, values["kbs_auth_errors_total"]);
        Assert.Equal(1, values["kbs_attestation_requests_total{tee=\"snp\"}"]);
        Assert.Equal(1, values["kbs_attestation_successes_total{tee=\"snp\"}"]);
        Assert.Equal(0, values["kbs_attestation_failures_total"]);
        Assert.Equal(2, values["kbs_policy_evaluations_total"]);
        Assert.Equal(2, values["kbs_policy_approvals_total"]);
        Assert.Equal(0, values["kbs_policy_errors_total"]);
        Assert.Equal(1, values["kbs_resource_reads_total"]);
        Assert.Equal(0, values["kbs_resource_writes_total"]);
        Assert.Equal(1, values["kbs_sessions"]);
        Assert.Equal(1, values["kbs_http_requests_total{route=\"attest\",status=\"200\"}"]);
        Assert.Equal(1, values["kbs_http_requests_total{route=\"resource\",status=\"404\"}"]);
        Assert.Equal(2, values["kbs_http_request_duration_seconds_count{route=\"resource\"}"]);
        Assert.Equal(2, values["kbs_http_request_duration_seconds_bucket{route=\"resource\",le=\"+Inf\"}"]);
        Assert.True(values["process_resident_memory_bytes"] > 1e6);
        Assert.DoesNotContain("hidden-name", text, StringComparison.Ordinal);

        var documented = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", "broker.md"))
            .Where(l => l.StartsWith("| `kbs_", StringComparison.Ordinal) || l.StartsWith("| `process_", StringComparison.Ordinal)
                || l.StartsWith("| `casemate_build_", StringComparison.Ordinal))
            .Select(l => l.Split('`')[1]).Order(StringComparer.Ordinal);
        var served = text.Split(
            '\n').Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]).Order(StringComparer.Ordinal);
        Assert.Equal(documented, served);
    }

    [Fact]
    public void Handbook_NamesEveryErrorCode()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "broker.md"));
        Assert.All(Enum.GetNames<BrokerErrorCode>(), name => Assert.Contains($"| `{name}` |", text, StringComparison.Ordinal));
    }

    private static X509Certificate2 CertificateShown(CasemateServer server)
    {
        using var client = new TcpClient(server.Address.Host, server.Address.Port);
        X509Certificate2? shown = null;
        using var tls = new SslStream(client.GetStream(), false, (_, certificate, _, _) =>
        {
            shown = new X509Certificate2(certificate!);
            return true;
        });
        tls.AuthenticateAsClient("localhost");
        return shown!;
    }
}
