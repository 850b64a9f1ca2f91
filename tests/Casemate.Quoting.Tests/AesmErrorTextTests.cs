namespace Casemate.Quoting.Tests;

/// <summary>Every code has a meaning and a remedy, and every error of Intel's library a code.</summary>
public sealed class AesmErrorTextTests
{
    [Fact]
    public void EveryCode_HasAMeaningAndARemedyOfItsOwn()
    {
        var codes = Enum.GetValues<AesmError>();
        Assert.Equal(51, codes.Length);
        Assert.Equal([27], Enumerable.Range(0, 52).Except(codes.Select(code => (int)code)));
        Assert.All(codes, code => Assert.EndsWith(".", AesmErrorText.Remedy(code)));
        Assert.DoesNotContain(AesmErrorText.Meaning((AesmError)27), codes.Select(AesmErrorText.Meaning));
    }

    [Theory]
    [InlineData(0, AesmError.Success)]
    [InlineData(0xE001, AesmError.Unexpected)]
    [InlineData(0xE002, AesmError.Parameter)]
    [InlineData(0xE00B, AesmError.UnsupportedAttestationKey)]
    [InlineData(0xE00F, AesmError.AttestationKeyNotInitialised)]
    [InlineData(0xE011, AesmError.NoPlatformCertificate)]
    [InlineData(0xE015, AesmError.InvalidReport)]
    [InlineData(0xE018, AesmError.KeyCertification)]
    [InlineData(0xE019, AesmError.Network)]
    [InlineData(0xE01A, AesmError.Message)]
    [InlineData(0xE01B, AesmError.Unexpected)]
    [InlineData(0xE000, AesmError.Unexpected)]
    [InlineData(0x2006, AesmError.Unexpected)]
    [InlineData(uint.MaxValue, AesmError.Unexpected)]
    public void DcapErrors_AreMappedAsIntelsServiceDoes(uint dcap, AesmError expected) => Assert.Equal(expected, AesmErrorText.FromDcap(dcap));

    [Theory]
    [InlineData(0xE011, "register")]
    [InlineData(0xE035, "/dev/sgx_provision")]
    [InlineData(0xE065, "TLS")]
    [InlineData(0xB002, "collateral")]
    [InlineData(0x2006, "SGX runtime")]
    [InlineData(0xE015, "target info")]
    public void DcapErrors_HaveTheirRemedy(uint dcap, string expected)
    {
        Assert.Contains(expected, AesmErrorText.DcapRemedy(dcap));
        var exception = QuoteProviderException.FromDcap("sgx_ql_get_quote", dcap);
        Assert.Equal((dcap, AesmErrorText.DcapRemedy(dcap)), (exception.DcapCode, exception.Remedy));
    }
}
