using Casemate.Attestation;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Tests.Service;
using Casemate.Testing;

namespace Casemate.Collateral.Tests.Bundle;

/// <summary>VCEKs go to Trustee's offline store and come back from it.</summary>
public sealed class TrusteeVcekStoreTests
{
    [Fact]
    public async Task GoesThere_AndComesBack()
    {
        using var directory = new TemporaryDirectory();
        var pieces = await Fleet.AllAsync();

        Assert.False(TrusteeVcekStore.IsStore(directory.Path));
        Assert.Equal(1, TrusteeVcekStore.Write(directory.Path, pieces));

        Assert.True(TrusteeVcekStore.IsStore(directory.Path));
        Assert.True(File.Exists(directory.File($"vcek/{Provisioned.Vcek().ChipId}/vcek.der")));
        var read = Assert.Single(TrusteeVcekStore.Read(directory.Path, Fleet.Noon));
        Assert.Equal(Provisioned.Vcek(), read.Key);
        Assert.True(read.Raw.Span.SequenceEqual(pieces.Single(piece => piece.Key.Kind is CollateralKind.Vcek).Raw.Span));
    }

    [Fact]
    public async Task IsImported_UnderTheIssuersThatAreKnown()
    {
        using var directory = new TemporaryDirectory();
        TrusteeVcekStore.Write(directory.Path, await Fleet.AllAsync());
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        await service.GetAsync(CollateralKey.SnpChain(Provisioned.Vcek().Product, Provisioned.Vcek().Signer));

        var outcome = await service.ImportAsync(TrusteeVcekStore.Read(directory.Path, Fleet.Noon)[0]);

        Assert.Equal(CollateralStatus.Found, outcome.Status);
    }

    [Fact]
    public async Task Refuses_WhatIsNoVcek_OrAnotherChips()
    {
        using var directory = new TemporaryDirectory();
        TrusteeVcekStore.Write(directory.Path, await Fleet.AllAsync());
        var good = directory.File($"vcek/{Provisioned.Vcek().ChipId}/vcek.der");
        Directory.CreateDirectory(directory.File("vcek/00"));
        File.Copy(good, directory.File("vcek/00/07_vcek.der"));

        Assert.Contains(
            "another chip", Assert.Throws<MalformedInputException>(() => TrusteeVcekStore.Read(directory.Path, Fleet.Noon)).Message,
            StringComparison.Ordinal);

        Directory.Delete(directory.File("vcek/00"), recursive: true);
        File.WriteAllBytes(good, [1, 2, 3]);
        Assert.Throws<MalformedInputException>(() => TrusteeVcekStore.Read(directory.Path, Fleet.Noon));
        Assert.Equal(Tee.Snp, Provisioned.Vcek().Tee);
    }
}
