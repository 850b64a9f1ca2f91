using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Primitives.Tls;

namespace Casemate.Primitives.Tests.Tls;

public sealed class ServerCertificateRequestTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("casemate.example")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void CoversEachNameAndAddress(string name)
    {
        using var certificate = Make("other.example", "casemate.example", "127.0.0.1", "::1");

        Assert.True(certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: false));
    }

    [Fact]
    public void TheWordForPeople_IsNoName()
    {
        using var certificate = Make("casemate.example");

        Assert.Equal("CN=word", certificate.Subject);
        Assert.False(certificate.MatchesHostname("word", allowWildcards: false, allowCommonName: false));
    }

    [Fact]
    public void SignsHandshakesOfServersAndNothingElse()
    {
        using var certificate = Make("casemate.example");

        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, certificate.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
        var usage = Assert.Single(certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>());
        Assert.Equal("1.3.6.1.5.5.7.3.1", usage.Value);
    }

    [Fact]
    public void RefusesToNameNobody()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.Throws<ArgumentException>(() => ServerCertificateRequest.Create("word", key, []));
    }

    private static X509Certificate2 Make(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return ServerCertificateRequest.Create("word", key, names).CreateSelfSigned(s_now, s_now.AddDays(1));
    }
}
