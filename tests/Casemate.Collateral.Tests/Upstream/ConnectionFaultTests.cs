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

        Assert.EndsWith(
            "its TLS certificate is for another name than localhost: use a name that stands in it", problem, StringComparison.Ordinal);
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
        // Bound and not listening: nobody else can take the port meanwhile.
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}/");

        Assert.Equal($"{address.Authority}: Connection refused", await ProblemAsync(address));
    }

    // Every connection is answered, for the client may try again: with TLS where there is a certificate; else as plain HTTP, or, to plain
    // HTTP, as TLS servers answer it: not at all.
    private async Task<string> AskAsync(string scheme, X509Certificate2? certificate)
    {
        using var own = certificate;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var server = AnswerAllAsync(listener, certificate, hangsUp: scheme == "http", answered.Token);
        var problem = await ProblemAsync(new Uri($"{scheme}://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        await answered.CancelAsync();
        await server;
        return problem;
    }

    private static async Task AnswerAllAsync(
        TcpListener listener, X509Certificate2? certificate, bool hangsUp, CancellationToken answered)
    {
        try
        {
            while (true)
            {
                await AnswerAsync(listener, certificate, hangsUp, answered);
            }
        }
        catch (OperationCanceledException) when (answered.IsCancellationRequested)
        {
            // The client has heard enough.
        }
    }

    private static async Task AnswerAsync(
        TcpListener listener, X509Certificate2? certificate, bool hangsUp, CancellationToken answered)
    {
        using var client = await listener.AcceptTcpClientAsync(answered);
        using var stream = client.GetStream();
        try
        {
            if (certificate is null)
            {
                await stream.ReadAtLeastAsync(new byte[64], 1, cancellationToken: answered);
                if (hangsUp)
                {
                    return;
                }

                await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), answered);
                return;
            }

            using var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, answered);
            await secure.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, answered);
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client hung up, as it should: what it says about it is under test.
            return;
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
