using System.Collections.Immutable;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <content>Many pieces as one.</content>
public sealed partial class CollateralService
{
    /// <summary>
    /// Takes collateral from elsewhere (an offline bundle, an administrator's upload) into the store as one transaction: when a piece does
    /// not verify, or the store cannot take everything, nothing of it is kept, neither on disk nor in memory.
    /// </summary>
    /// <param name="collateral">The pieces, not verified; no key twice. What is verified with a chain or list finds it among them too.</param>
    /// <param name="platforms">Machines to remember with them; empty fields leave what is known.</param>
    /// <param name="leaveOutExpired">
    /// True to leave out what is past its end and to take the rest; false to take nothing then. What the service may serve expired counts
    /// as good.
    /// </param>
    /// <param name="cancellationToken">Stops it before anything is written.</param>
    /// <exception cref="ArgumentException">A key is there twice, or a field of a machine is not hex of its size.</exception>
    public async ValueTask<CollateralImport> ImportAllAsync(
        IReadOnlyCollection<StoredCollateral> collateral, IReadOnlyCollection<ProvisionedPlatform> platforms, bool leaveOutExpired,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        ArgumentNullException.ThrowIfNull(platforms);
        if (collateral.DistinctBy(piece => piece.Key).Count() != collateral.Count)
        {
            throw new ArgumentException("Each key may be there once.", nameof(collateral));
        }

        var pieces = ImmutableArray.CreateBuilder<ImportedCollateral>(collateral.Count);
        var taken = new List<StoredCollateral>(collateral.Count);
        var overlay = new Overlay();
        var isRefused = false;
        foreach (var piece in collateral.OrderByDescending(piece => piece.Key.Kind is CollateralKind.RootCaCrl or CollateralKind.SnpChain))
        {
            var outcome = await CheckAsync(piece, overlay, cancellationToken).ConfigureAwait(false);
            pieces.Add(new ImportedCollateral(piece.Key, outcome));
            isRefused |= outcome.Status is not CollateralStatus.Found && !(leaveOutExpired && outcome.Status is CollateralStatus.Expired);
            if (outcome is { Status: CollateralStatus.Found, Problem: "" })
            {
                taken.Add(outcome.Collateral!);
            }
        }

        if (isRefused)
        {
            return new CollateralImport(false, pieces.ToImmutable());
        }

        var machines = new List<ProvisionedPlatform>();
        foreach (var platform in platforms.DistinctBy(platform => platform.CertificatesKey))
        {
            machines.Add(await MergeAsync(platform, taken, cancellationToken).ConfigureAwait(false));
        }

        try
        {
            await _store.WriteAllAsync(taken, machines, cancellationToken).ConfigureAwait(false);
        }
        catch (CollateralStoreException exception)
        {
            return new CollateralImport(false, pieces.ToImmutable(), exception.Message);
        }

        foreach (var piece in taken)
        {
            Remember(piece);
            _observer?.Stored(piece.Key, "");
        }

        machines.ForEach(machine => InMemory(machine));
        return new CollateralImport(true, pieces.ToImmutable());
    }

    private async ValueTask<CollateralOutcome> CheckAsync(StoredCollateral piece, Overlay overlay, CancellationToken cancellationToken)
    {
        var (verified, problem) = await VerifyAsync(piece, CollateralFetch.Never, cancellationToken, overlay).ConfigureAwait(false);
        if (verified is null)
        {
            Metrics.CountProblem(piece.Key, "not verifiable");
            _observer?.NotVerifiable(piece.Key, piece.Source, problem);
            return new CollateralOutcome(CollateralStatus.NotVerifiable, Problem: problem);
        }

        if (!new CachedEntry(verified, default).IsFresh(_time.GetUtcNow() - _options.ServeExpiredFor))
        {
            return new CollateralOutcome(CollateralStatus.Expired, Problem: $"it ended {verified.NotAfter:u}");
        }

        verified = WithoutFuture(verified);
        var old = await ReadStoreAsync(verified.Key, cancellationToken).ConfigureAwait(false);
        if (!Replaces(old, verified))
        {
            // Nor is the rest verified with it: an old list would make a signer good again that is known to be revoked.
            return new CollateralOutcome(CollateralStatus.Found, old!.Collateral, "it is older than what is kept, which stays in force");
        }

        overlay.Add(verified);
        return new CollateralOutcome(CollateralStatus.Found, verified);
    }

    private async ValueTask<ProvisionedPlatform> MergeAsync(
        ProvisionedPlatform platform, List<StoredCollateral> taken, CancellationToken cancellationToken)
    {
        var key = platform.CertificatesKey;
        var known = await ReadPlatformAsync(key.QeId, key.PceId, cancellationToken).ConfigureAwait(false);
        var merged = Merge(known, key, new PckQuery(key.QeId, key.PceId, "", "", platform.EncryptedPpid, platform.PlatformManifest));
        return taken.Find(piece => piece.Key == key) is { } certificates && SelectionOf(certificates).Set is var set
            ? merged with { Fmspc = set.Fmspc, PlatformCa = set.PlatformCa }
            : merged;
    }

    /// <summary>Verified pieces of an import that others of it are verified with.</summary>
    private sealed class Overlay
    {
        private readonly Dictionary<CollateralKey, ReadOnlyMemory<byte>> _pieces = [];

        public void Add(StoredCollateral verified)
        {
            if (verified.Key.Kind is CollateralKind.RootCaCrl or CollateralKind.SnpChain)
            {
                _pieces[verified.Key] = verified.Raw;
            }
        }

        public bool TryFind(CollateralKey key, out ReadOnlyMemory<byte> raw) => _pieces.TryGetValue(key, out raw);
    }
}
