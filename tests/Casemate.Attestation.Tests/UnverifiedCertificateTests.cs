using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>What a certificate says of itself, against the framework's own reader.</summary>
public sealed class UnverifiedCertificateTests
{
    public static TheoryData<string> Quotes => [.. CorpusCase.OfKind("sgx-quote", "tdx-quote").Select(c => c.Id)];

    public static TheoryData<string> Reports => [.. CorpusCase.OfKind("snp-report").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Quotes))]
    public void ReadsTheChain_OfAQuote(string id)
    {
        var corpus = CorpusCase.Get(id);
        Quote.TryRead(corpus.Quote, out var quote, out _);

        Assert.True(UnverifiedCertificate.TryReadPem(quote.CertificationData, out var chain, out var error), error);
        Assert.Equal(corpus.Json.GetProperty("fmspc").GetString(), Convert.ToHexStringLower(chain[0].Platform!.Fmspc));
        Assert.Equal(16, chain[0].CpuSvn.Length);
        Assert.Equal(corpus.Json.GetProperty("pck_ca").GetString() == "plat", chain[0].Platform!.PlatformInstanceId is not null);
        Assert.All(chain.Skip(1), certificate => Assert.True(certificate.IsCa && certificate.Platform is null));
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void ReadsWhatAmdSays_OfAVek(string id)
    {
        var corpus = CorpusCase.Get(id);
        var der = corpus.SnpEndorsements().Vek;
        using var oracle = X509CertificateLoader.LoadCertificate(der.Span);

        Assert.True(UnverifiedCertificate.TryRead(der.Span, out var vek, out var error), error);
        Assert.Equal(oracle.Subject, vek!.Subject);
        Assert.Equal(oracle.Issuer, vek.Issuer);
        Assert.Equal(oracle.SerialNumber.TrimStart('0'), vek.SerialNumber.TrimStart('0'), ignoreCase: true);
        Assert.Equal(oracle.NotAfter.ToUniversalTime(), vek.NotAfter.UtcDateTime);
        Assert.Equal(oracle.NotBefore.ToUniversalTime(), vek.NotBefore.UtcDateTime);
        Assert.Equal("P-384", vek.Key);
        Assert.StartsWith(corpus.Json.GetProperty("product").GetString()!, vek.ProductName, StringComparison.OrdinalIgnoreCase);
        Assert.NotNull(vek.Tcb);
        Assert.Equal(corpus.Has("vlek.der"), vek.HardwareId.IsEmpty);
    }

    [Fact]
    public void Says_WhatIsWrong()
    {
        var der = CorpusCase.Get("oak-turin-v5-vcek").SnpEndorsements().Vek;

        Assert.False(UnverifiedCertificate.TryRead(der.Span[..^1], out var certificate, out var error));
        Assert.Null(certificate);
        Assert.NotEmpty(error);
        Assert.False(UnverifiedCertificate.TryReadPem("no PEM"u8, out var chain, out error));
        Assert.Empty(chain);
        Assert.NotEmpty(error);
    }
}
