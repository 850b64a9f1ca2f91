using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;
using Casemate.Testing;

namespace Casemate.Collateral.Tests.Upstream;

/// <summary>What an operator reads when there is no connection, on real ones: the reason once, and what to do about TLS.</summary>
public sealed class ConnectionFaultTests : IDisposable
{
    private const string Remedy = "name it with --some-ca FILE";

    private readonly TestAuthority _authority = new("Of the service");
    private readonly TestAuthority _stranger = new("Of nobody");
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task NamesTheRemedy_ForACertificateOfAnAuthorityThatIsNotTrusted()
    {
        var problem = await AskAsync("https", _stranger.Issue("localhost"));

        Assert.Contains("its TLS certificate is not trusted (", problem, StringComparison.Ordinal);
        Assert.EndsWith($"): {Remedy}", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatTheNameIsWrong_ForACertificateOfAnotherHost()
    {
        var problem = await AskAsync("https", _authority.Issue("pccs.example"));

        Assert.EndsWith("its TLS certificate is for another name than localhost: use a name that stands in it", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysBoth_ForACertificateOfAnotherHostAndAuthority()
    {
        var problem = await AskAsync("https", _stranger.Issue("pccs.example"));

        Assert.Contains("another name than localhost", problem, StringComparison.Ordinal);
        Assert.EndsWith($"nor is it trusted: {Remedy}", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesTheOtherScheme_WhereOneSideSpeaksTlsAlone()
    {
        var plain = await AskAsync("https", null);
        var secure = await AskAsync("http", null);

        Assert.Contains("it does not speak TLS there: write http:// in place of https://", plain, StringComparison.Ordinal);
        Assert.Contains("write https:// in place of http://", secure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysOnce_ThatNobodyListens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        listener.Stop();

        Assert.Equal($"{address.Authority}: Connection refused", await ProblemAsync(address));
    }

    // One connection is answered: with TLS where there is a certificate; else as plain HTTP, or, to plain HTTP, as TLS servers answer it:
    // not at all.
    private async Task<string> AskAsync(string scheme, X509Certificate2? certificate)
    {
        using var own = certificate;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = AnswerAsync(listener, certificate, hangsUp: scheme == "http");
        var problem = await ProblemAsync(new Uri($"{scheme}://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        await server;
        return problem;
    }

    private static async Task AnswerAsync(TcpListener listener, X509Certificate2? certificate, bool hangsUp)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        using var stream = client.GetStream();
        try
        {
            if (certificate is null)
            {
                await stream.ReadAtLeastAsync(new byte[64], 1, cancellationToken: TestContext.Current.CancellationToken);
                if (hangsUp)
                {
                    return;
                }

                await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
                return;
            }

            using var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(certificate);
            await secure.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, TestContext.Current.CancellationToken);
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client hung up, as it should: what it says about it is under test.
            Assert.NotNull(exception.Message);
        }
    }

    private async Task<string> ProblemAsync(Uri address)
    {
        File.WriteAllText(_directory.File("ca.pem"), _authority.Pem);
        using var handler = UpstreamTransport.CreateHandler(UpstreamTransport.ReadAuthorities(_directory.File("ca.pem")), useProxy: false);
        using var client = new KdsClient(new UpstreamEndpoint { Address = address, TrustRemedy = Remedy }, handler, TimeProvider.System);

        var answer = await client.FetchAsync(
            new CollateralRequest(CollateralKey.SnpCrl(SnpProduct.Milan, SnpSigner.Vcek)), TestContext.Current.CancellationToken);

        Assert.Equal(UpstreamStatus.Unavailable, answer.Status);
        return answer.Problem;
    }
}
