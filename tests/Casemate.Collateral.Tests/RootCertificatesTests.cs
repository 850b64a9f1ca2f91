using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Collateral.Tests;

public sealed class RootCertificatesTests
{
    [Theory]
    [InlineData("gosev-milan-v2-vcek", SnpProduct.Milan)]
    [InlineData("oak-genoa-v5-vcek", SnpProduct.Genoa)]
    [InlineData("oak-turin-v5-vcek", SnpProduct.Turin)]
    public void Tells_TheProductLineOfAnArk(string id, SnpProduct product)
    {
        Assert.Equal(product, Assert.Single(RootCertificates.Read(Path.Combine(CorpusCase.Get(id).Folder, "ark.pem"))).Product);
    }

    [Fact]
    public void TakesAnyOtherRoot_ForOneOfSgxAndTdx()
    {
        var path = Path.Combine(CorpusCase.Get("synthetic-intel-qvl-sample-sgx").Folder, "trustedRootCaCert.pem");

        Assert.Null(Assert.Single(RootCertificates.Read(path)).Product);
    }

    [Fact]
    public void Reads_SeveralRootsFromOneFile()
    {
        using var directory = new TemporaryDirectory();
        byte[][] roots = [CorpusCase.Get("oak-genoa-v5-vcek").File("ark.pem"), CorpusCase.Get("oak-turin-v5-vcek").File("ark.pem")];
        File.WriteAllBytes(directory.File("roots.pem"), [.. roots.SelectMany(root => root)]);

        Assert.Equal([SnpProduct.Genoa, SnpProduct.Turin], RootCertificates.Read(directory.File("roots.pem")).Select(root => root.Product));
    }

    [Theory]
    [InlineData("oak-genoa-v5-vcek", "ask.pem", "'SEV-Genoa' is not a root: 'ARK-Genoa' issued it")]
    [InlineData("synthetic-intel-qvl-sample-sgx", "pckSignChain.pem", "'Intel SGX PCK Processor CA' is not a root")]
    [InlineData("synthetic-intel-qvl-sample-sgx", "rootCaCrl.der", "holds no certificate")]
    public void Refuses_WhatIsNoRoot(string id, string file, string expected)
    {
        var refused = Assert.Throws<MalformedInputException>(() => RootCertificates.Read(Path.Combine(CorpusCase.Get(id).Folder, file)));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }
}
