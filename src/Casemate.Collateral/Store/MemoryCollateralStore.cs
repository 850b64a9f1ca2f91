using System.Collections.Concurrent;

namespace Casemate.Collateral.Store;

/// <summary>
/// A store that ends with its process: for one command that fetches what it needs, and for a bundle that was read. It has no limit of
/// its own. Safe for concurrent use.
/// </summary>
public sealed class MemoryCollateralStore : ICollateralStore
{
    private readonly ConcurrentDictionary<CollateralKey, StoredCollateral> _entries = new();
    private readonly ConcurrentDictionary<(string QeId, string PceId), ProvisionedPlatform> _platforms = new();

    /// <summary>Makes a store.</summary>
    /// <param name="entries">What it holds at first; of several entries with one key, the last.</param>
    public MemoryCollateralStore(params IEnumerable<StoredCollateral> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        foreach (var entry in entries)
        {
            _entries[entry.Key] = entry;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreReading> ReadAsync(CollateralKey key, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_entries.TryGetValue(key, out var entry) ? StoreReading.Found(entry) : StoreReading.Absent);

    /// <inheritdoc/>
    public ValueTask WriteAsync(StoredCollateral collateral, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        _entries[collateral.Key] = collateral;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask WriteAllAsync(
        IReadOnlyCollection<StoredCollateral> collateral, IReadOnlyCollection<ProvisionedPlatform> platforms,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        ArgumentNullException.ThrowIfNull(platforms);
        foreach (var entry in collateral)
        {
            _entries[entry.Key] = entry;
        }

        foreach (var platform in platforms)
        {
            _platforms[(platform.QeId, platform.PceId)] = platform;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(CollateralKey key, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_entries.TryRemove(key, out _));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<CollateralKey>> ListAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<CollateralKey>>([.. _entries.Keys.OrderBy(key => key.ToString(), StringComparer.Ordinal)]);

    /// <inheritdoc/>
    public ValueTask<ProvisionedPlatform?> ReadPlatformAsync(string qeId, string pceId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_platforms.GetValueOrDefault((qeId, pceId)));

    /// <inheritdoc/>
    public ValueTask WritePlatformAsync(ProvisionedPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(platform);
        _platforms[(platform.QeId, platform.PceId)] = platform;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ProvisionedPlatform>> ListPlatformsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ProvisionedPlatform>>(
            [.. _platforms.Values.OrderBy(platform => platform.QeId, StringComparer.Ordinal)]);
}
