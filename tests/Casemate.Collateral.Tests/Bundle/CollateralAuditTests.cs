using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Store;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Bundle;

/// <summary>What is missing and what does not verify is found before it is needed.</summary>
public sealed class CollateralAuditTests
{
    [Fact]
    public async Task Finds_NothingWrong_InACompleteFleet()
    {
        var pieces = await Fleet.AllAsync();

        Assert.All(CollateralAudit.Verify(pieces, SimulatedHardware.Shared.Roots, Fleet.Noon), piece => Assert.Equal("", piece.Problem));
        Assert.Empty(CollateralAudit.FindGaps(pieces.Select(piece => piece.Key)));
    }

    [Fact]
    public async Task Finds_EverythingWrong_UnderOtherRoots()
    {
        var pieces = await Fleet.AllAsync();

        Assert.All(CollateralAudit.Verify(pieces, TrustRoots.Production, Fleet.Noon), piece => Assert.False(piece.IsVerified));
    }

    [Fact]
    public void EarlyLevels_ThatChooseAmongAMachinesCertificates_NeedNoIdentity()
    {
        CollateralKey[] keys =
        [
            CollateralKey.TcbInfo(Tee.Sgx, "00806f050000", TcbUpdate.Early), CollateralKey.RootCaCrl(),
            CollateralKey.PckCrl(platformCa: true),
        ];

        Assert.Equal(CollateralKey.QeIdentity(Tee.Sgx, TcbUpdate.Early), Assert.Single(CollateralAudit.FindGaps(keys)).Missing);
        Assert.Empty(CollateralAudit.FindGaps([.. keys, CollateralKey.PckCertificates(new string('A', 32), "0000")]));
    }

    [Fact]
    public void Finds_WhatATcbInfoNeeds()
    {
        var gaps = CollateralAudit.FindGaps([CollateralKey.TcbInfo(Tee.Tdx, "00806f050000", TcbUpdate.Early)]);

        Assert.Equal(
            ["pck-crl/platform", "qe-identity/tdx-early", "root-ca-crl/intel"], gaps.Select(gap => gap.Missing.ToString()));
        Assert.Equal(2, gaps.Count(gap => gap.IsRevocationList));
    }

    [Fact]
    public void IsContent_WithTheListOfEitherPckCa()
    {
        CollateralKey[] keys = [CollateralKey.TcbInfo(Tee.Sgx, "00806f050000"), CollateralKey.QeIdentity(Tee.Sgx), CollateralKey.RootCaCrl()];

        Assert.Empty(CollateralAudit.FindGaps([.. keys, CollateralKey.PckCrl(platformCa: false)]));
        Assert.Empty(CollateralAudit.FindGaps([.. keys, CollateralKey.PckCrl(platformCa: true)]));
        Assert.Single(CollateralAudit.FindGaps(keys));
    }

    [Fact]
    public void Wants_TheListOfTheSameLine_AndOfTheSameKindOfKey()
    {
        var vcek = CollateralKey.Vcek(SnpProduct.Genoa, new string('a', 128), new SnpTcb(null, 1, 2, 3, 4));

        Assert.Single(CollateralAudit.FindGaps([vcek, CollateralKey.SnpCrl(SnpProduct.Milan)]));
        Assert.Single(CollateralAudit.FindGaps([vcek, CollateralKey.SnpCrl(SnpProduct.Genoa, SnpSigner.Vlek)]));
        Assert.Empty(CollateralAudit.FindGaps([vcek, CollateralKey.SnpCrl(SnpProduct.Genoa)]));
    }

    [Fact]
    public async Task KnowsWhatEnds_AndThatAVcekDoesNot()
    {
        var audit = CollateralAudit.Verify(await Fleet.AllAsync(), SimulatedHardware.Shared.Roots, Fleet.Noon);

        Assert.DoesNotContain(audit, piece => piece.IsExpired(Fleet.Noon));
        Assert.Contains(audit, piece => piece.Collateral.Key.Kind is CollateralKind.TcbInfo && piece.IsExpired(Fleet.Noon.AddDays(31)));
        Assert.DoesNotContain(audit, piece => piece.Collateral.Key.Kind is CollateralKind.Vcek && piece.IsExpired(Fleet.Noon.AddYears(50)));
    }
}
