using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Tests.Service;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Bundle;

/// <summary>Verified collateral of one simulated machine of each maker, as a service would have kept it.</summary>
internal static class Fleet
{
    private static readonly Lazy<Task<StoredCollateral[]>> LazyAll = new(FetchAsync);

    /// <summary>When it was fetched.</summary>
    public static DateTimeOffset Noon => SimulatedHardware.Noon;

    /// <summary>Everything that SGX and TDX quotes and Milan reports need.</summary>
    public static Task<StoredCollateral[]> AllAsync() => LazyAll.Value;

    private static async Task<StoredCollateral[]> FetchAsync()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        var platformCa = Provisioned.Platform.Dcap.Provisioning.PlatformCa;
        var pieces = new List<StoredCollateral>();
        foreach (var key in new[]
        {
            CollateralKey.RootCaCrl(), CollateralKey.PckCrl(platformCa), Provisioned.TcbInfo, CollateralKey.TcbInfo(Tee.Tdx, Provisioned.Fmspc),
            CollateralKey.QeIdentity(Tee.Sgx), CollateralKey.QeIdentity(Tee.Tdx), Provisioned.Vcek(), CollateralKey.SnpCrl(SnpProduct.Milan),
        })
        {
            var outcome = await service.GetAsync(key);
            pieces.Add(outcome.Collateral ?? throw new InvalidOperationException($"{key}: {outcome.Problem}"));
        }

        var pck = await service.GetPckCertificateAsync(test.Pck(), CollateralFetch.WhenMissing);
        pieces.Add(pck.Certificate!.Source);
        return [.. pieces];
    }
}
