namespace Casemate.Collateral.Store;

/// <summary>
/// Keeps collateral that was verified. Several processes may use one store at a time; whoever writes last wins, and every reader sees
/// either the old entry or the new one. Safe for concurrent use.
/// </summary>
public interface ICollateralStore
{
    /// <summary>Reads an entry.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="CollateralStoreException">The store itself cannot be read.</exception>
    ValueTask<StoreReading> ReadAsync(CollateralKey key, CancellationToken cancellationToken);

    /// <summary>Adds or replaces an entry. When it returns, the entry outlives a crash.</summary>
    /// <param name="collateral">The entry, verified by the caller.</param>
    /// <param name="cancellationToken">Stops the wait before the write begins.</param>
    /// <exception cref="CollateralStoreException">The store is full or read only; the old entry, if any, is as it was.</exception>
    ValueTask WriteAsync(StoredCollateral collateral, CancellationToken cancellationToken);

    /// <summary>
    /// Adds or replaces entries and platforms together. When it returns, all of them outlive a crash; when it throws, or the process ends
    /// in the middle, a store that is opened afterwards has all of them or none.
    /// </summary>
    /// <param name="collateral">The entries, verified by the caller; no key twice.</param>
    /// <param name="platforms">The platforms; none twice.</param>
    /// <param name="cancellationToken">Stops the wait before the first write begins.</param>
    /// <exception cref="CollateralStoreException">The store is full or read only; what it held is as it was, unless the message says
    /// otherwise.</exception>
    ValueTask WriteAllAsync(
        IReadOnlyCollection<StoredCollateral> collateral, IReadOnlyCollection<ProvisionedPlatform> platforms,
        CancellationToken cancellationToken);

    /// <summary>Removes an entry.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="cancellationToken">Stops the wait before it is removed.</param>
    /// <returns>False when there was none.</returns>
    /// <exception cref="CollateralStoreException">The store cannot be written.</exception>
    ValueTask<bool> RemoveAsync(CollateralKey key, CancellationToken cancellationToken);

    /// <summary>The keys of all entries, damaged ones included as far as their key can be read; ordered by their text.</summary>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="CollateralStoreException">The store cannot be read.</exception>
    ValueTask<IReadOnlyList<CollateralKey>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Reads what is known of a platform's identity.</summary>
    /// <param name="qeId">As in <see cref="CollateralKey.QeId"/>.</param>
    /// <param name="pceId">As in <see cref="CollateralKey.PceId"/>.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>The platform; null when it is unknown or its record is damaged.</returns>
    /// <exception cref="CollateralStoreException">The store itself cannot be read.</exception>
    ValueTask<ProvisionedPlatform?> ReadPlatformAsync(string qeId, string pceId, CancellationToken cancellationToken);

    /// <summary>Adds or replaces a platform.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="cancellationToken">Stops the wait before the write begins.</param>
    /// <exception cref="CollateralStoreException">The store is full or read only; the old record, if any, is as it was.</exception>
    ValueTask WritePlatformAsync(ProvisionedPlatform platform, CancellationToken cancellationToken);

    /// <summary>All platforms whose records can be read, in the order of their QE ids.</summary>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="CollateralStoreException">The store cannot be read.</exception>
    ValueTask<IReadOnlyList<ProvisionedPlatform>> ListPlatformsAsync(CancellationToken cancellationToken);
}
