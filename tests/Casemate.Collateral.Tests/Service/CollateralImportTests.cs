using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Simulator.Dcap;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Service;

/// <summary>Imports that would turn back what is known already.</summary>
public sealed class CollateralImportTests
{
    [Fact]
    public async Task RefusesADocument_WhoseSignerIsKnownToBeRevoked_AlsoWithAnOlderListBesideIt()
    {
        await using var test = await Provisioned.StartAsync();
        var before = test.Service(store: new MemoryCollateralStore());
        var olderList = (await before.GetAsync(CollateralKey.RootCaCrl())).Collateral!;
        var document = (await before.GetAsync(Provisioned.TcbInfo)).Collateral!;
        test.Time.Advance(TimeSpan.FromDays(1));
        test.Server.Dcap = Provisioned.Platform.Dcap.With(s => s with { Revoked = [DcapCertificate.TcbSigner] });
        var service = test.Service();
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(CollateralKey.RootCaCrl())).Status);

        var import = await service.ImportAllAsync([olderList, document], [], leaveOutExpired: false);

        Assert.False(import.IsStored);
        Assert.Contains(import.Pieces, piece => piece.Outcome.Problem.Contains("revoked", StringComparison.Ordinal));
        Assert.False((await service.GetAsync(Provisioned.TcbInfo, CollateralFetch.Never)).HasCollateral);
    }

    [Fact]
    public async Task KeepsTheNewer_OfTwoThatAreBothPastTheirEnd()
    {
        await using var test = await Provisioned.StartAsync();
        var before = test.Service(store: new MemoryCollateralStore());
        var older = (await before.GetAsync(Provisioned.TcbInfo)).Collateral!;
        test.Time.Advance(TimeSpan.FromDays(2));
        var service = test.Service(Provisioned.OneAttempt with { ServeExpiredFor = TimeSpan.FromDays(10) });
        var newer = (await service.GetAsync(Provisioned.TcbInfo)).Collateral!;
        Assert.True(older.NotBefore < newer.NotBefore);
        test.Time.Advance(TimeSpan.FromDays(33));
        test.Server.Fault = ProvisioningFault.ServerError;

        var import = await service.ImportAllAsync([older], [], leaveOutExpired: false);
        var one = await service.ImportAsync(older);

        Assert.True(import.IsStored);
        Assert.True(newer.Raw.Span.SequenceEqual(one.Collateral!.Raw.Span));
        var served = await service.GetAsync(Provisioned.TcbInfo);
        Assert.True(newer.Raw.Span.SequenceEqual(served.Collateral!.Raw.Span));
    }
}
