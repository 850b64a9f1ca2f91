using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Service;

/// <summary>
/// Hears what an operator may want in a log. Called on the service's threads: it must be quick and must not throw. Keys are to be
/// written with <see cref="CollateralKey.ToLogText"/>, which leaves ids of machines out.
/// </summary>
public interface ICollateralObserver
{
    /// <summary>An upstream answered, or did not.</summary>
    /// <param name="key">What was asked for.</param>
    /// <param name="upstream">Its name.</param>
    /// <param name="answer">How it ended.</param>
    /// <param name="elapsed">How long it took.</param>
    void Asked(CollateralKey key, string upstream, UpstreamAnswer answer, TimeSpan elapsed);

    /// <summary>An answer did not verify, and was dropped.</summary>
    void NotVerifiable(CollateralKey key, string upstream, string problem);

    /// <summary>Verified collateral was stored, or would have been: <paramref name="problem"/> says why it was not.</summary>
    void Stored(CollateralKey key, string problem);

    /// <summary>An entry of the store stands under a root that is not accepted, and is not used.</summary>
    /// <param name="key">The entry.</param>
    /// <param name="root">The root, as the entry names it.</param>
    void UnderOtherRoot(CollateralKey key, string root);

    /// <summary>An entry of the store is damaged, or does not verify any more; it is fetched again.</summary>
    void Damaged(CollateralKey key, string problem);
}
