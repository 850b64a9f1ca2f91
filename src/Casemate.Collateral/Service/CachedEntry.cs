using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <summary>Verified collateral in memory, with the instant at which a newer one is looked for.</summary>
internal sealed class CachedEntry(StoredCollateral collateral, DateTimeOffset refreshAt)
{
    private long _refreshAtTicks = refreshAt.UtcTicks;

    public StoredCollateral Collateral { get; } = collateral;

    public DateTimeOffset RefreshAt
    {
        get => new(Volatile.Read(ref _refreshAtTicks), TimeSpan.Zero);
        set => Volatile.Write(ref _refreshAtTicks, value.UtcTicks);
    }

    /// <summary>Whether it may be handed out without a word. What never changes has no end here: its dates are judged with
    /// evidence.</summary>
    public bool IsFresh(DateTimeOffset now) => Collateral.Key.IsImmutable || Collateral.NotAfter is not { } end || now <= end;
}
