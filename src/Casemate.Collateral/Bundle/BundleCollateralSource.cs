using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <summary>
/// A bundle as a source of collateral. It has no way to a network. Only what verifies under the accepted roots is handed out; what has
/// expired is handed out too, because the verdict on the evidence says so better than "not found". Safe for concurrent use.
/// </summary>
public sealed class BundleCollateralSource : ICollateralSource, IAsyncDisposable
{
    private static readonly TimeSpan LongestStale = TimeSpan.FromDays(36500);

    private readonly CollateralService _service;

    private BundleCollateralSource(CollateralBundle bundle, CollateralService service, ImmutableArray<AuditedCollateral> refused) =>
        (Bundle, _service, Refused) = (bundle, service, refused);

    /// <summary>The bundle.</summary>
    public CollateralBundle Bundle { get; }

    /// <summary>Pieces that do not verify and are not handed out, with the reason.</summary>
    public ImmutableArray<AuditedCollateral> Refused { get; }

    /// <summary>Verifies every piece of a bundle.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="time">The clock; the instant of a verification, when that is another than now.</param>
    /// <param name="update">
    /// Which generation of TCB infos answers; null: standard, or the only one in the bundle when it holds no standard one.
    /// </param>
    /// <exception cref="MalformedInputException">Not one piece verifies: most likely the roots are others than the bundle's.</exception>
    public static BundleCollateralSource Open(CollateralBundle bundle, TrustRoots roots, TimeProvider time, TcbUpdate? update = null)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        ArgumentNullException.ThrowIfNull(roots);
        ArgumentNullException.ThrowIfNull(time);
        var now = time.GetUtcNow();
        var audit = CollateralAudit.Verify(bundle.Entries, roots, now);
        if (!audit.Any(piece => piece.IsVerified))
        {
            var why = audit.IsEmpty ? "it is empty" : $"{audit[0].Collateral.Key.ToLogText()}: {audit[0].Problem}";
            throw new MalformedInputException(
                bundle.Name, $"nothing in the bundle verifies ({why})",
                "A bundle of a simulator's collateral needs its root to be named; the bundle of another installation has other roots.");
        }

        var verified = audit.Where(piece => piece.IsVerified).Select(piece => piece.Collateral).ToList();
        var options = new CollateralServiceOptions
        {
            Update = update ?? GenerationIn(verified),

            // Never before the first instant that there is.
            ServeExpiredFor = now - DateTimeOffset.MinValue < LongestStale ? now - DateTimeOffset.MinValue : LongestStale,
        };
        var service = new CollateralService(options, new MemoryCollateralStore(verified), [], roots, time);
        return new BundleCollateralSource(bundle, service, [.. audit.Where(piece => !piece.IsVerified)]);
    }

    /// <inheritdoc/>
    public async ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken) =>
        (await FindDcapAsync(query, cancellationToken).ConfigureAwait(false)).Collateral;

    /// <inheritdoc/>
    public async ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken) =>
        (await FindSnpAsync(query, cancellationToken).ConfigureAwait(false)).Endorsements;

    /// <summary>Finds collateral for an SGX or TDX quote, and says what is missing where there is none.</summary>
    /// <param name="query">The platform.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public ValueTask<(DcapCollateral? Collateral, CollateralOutcome Outcome)> FindDcapAsync(
        DcapCollateralQuery query, CancellationToken cancellationToken) =>
        _service.FindDcapAsync(query, CollateralFetch.Never, cancellationToken);

    /// <summary>Finds the certificates behind a SEV-SNP report, and says what is missing where there are none.</summary>
    /// <param name="query">The chip and TCB.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public ValueTask<(SnpEndorsements? Endorsements, CollateralOutcome Outcome)> FindSnpAsync(
        SnpEndorsementQuery query, CancellationToken cancellationToken) =>
        _service.FindSnpAsync(query, CollateralFetch.Never, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _service.DisposeAsync();

    private static TcbUpdate GenerationIn(List<StoredCollateral> verified)
    {
        var generations = verified.Where(piece => piece.Key.Kind is CollateralKind.TcbInfo)
            .Select(piece => piece.Key.Update).Distinct().ToList();
        return generations is [var only] ? only : TcbUpdate.Standard;
    }
}
