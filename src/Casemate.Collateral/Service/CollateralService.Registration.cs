using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Service;

/// <content>Machines whose raw TCB is not given.</content>
public sealed partial class CollateralService
{
    /// <summary>
    /// Registers a machine without choosing among its certificates: keeps what identifies it to a provisioning service and, if upstreams
    /// may be asked, fetches its certificates now.
    /// </summary>
    /// <param name="platform">The machine; only its ids, its encrypted PPID and its manifest count, and empty ones leave what is
    /// known.</param>
    /// <param name="fetch">Whether upstreams may be asked.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="ArgumentException">A field of the machine is not hex of its size.</exception>
    /// <exception cref="CollateralStoreException">The machine cannot be written to the store.</exception>
    public async ValueTask<CollateralOutcome> RegisterPlatformAsync(
        ProvisionedPlatform platform, CollateralFetch fetch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(platform);
        var key = platform.CertificatesKey;
        var known = await ReadPlatformAsync(key.QeId, key.PceId, cancellationToken).ConfigureAwait(false);
        var merged = Merge(known, key, new PckQuery(key.QeId, key.PceId, "", "", platform.EncryptedPpid, platform.PlatformManifest));
        await WritePlatformAsync(merged, known, cancellationToken).ConfigureAwait(false);
        return await GetAsync(new CollateralRequest(key, merged), fetch, cancellationToken).ConfigureAwait(false);
    }
}
