using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Cli.Collateral;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Collateral;

/// <summary>Who gets to see the certificate of <c>--source-cert</c>.</summary>
public sealed class CollateralUpstreamsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("https://pccs.example/sgx/certification/v4/", true)]
    [InlineData("https://cache.example/", true)]
    [InlineData("https://kdsintf.amd.com/", false)]
    [InlineData("https://api.trustedservices.intel.com/", false)]
    public void ShowsTheCertificate_ToServicesOfOnesOwn_AndNotToIntelAndAmd(string address, bool isShown)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(CommandLine.Noon.AddDays(-1), CommandLine.Noon.AddDays(1));
        File.WriteAllText(_directory.File("client.crt"), made.ExportCertificatePem());
        File.WriteAllText(_directory.File("client.key"), key.ExportPkcs8PrivateKeyPem());
        var shown = new List<bool>();
        using var output = new StringWriter();
        var invocation = new CasemateInvocation
        {
            Output = output,
            Error = output,
            OpenStandardInput = () => Stream.Null,
            Time = TimeProvider.System,
            Environment = _ => null,
            CollateralTransport = (_, certificate, _) =>
            {
                shown.Add(certificate is not null);
                return new SocketsHttpHandler();
            },
        };
        using var upstreams = new CollateralUpstreams(invocation, null, _directory.File("client.crt"), _directory.File("client.key"));

        upstreams.AddUrl(address);

        Assert.NotEmpty(shown);
        Assert.All(shown, one => Assert.Equal(isShown, one));
    }
}
