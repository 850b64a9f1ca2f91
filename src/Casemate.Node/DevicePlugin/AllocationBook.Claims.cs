using System.Diagnostics.CodeAnalysis;
using Casemate.Node.Ledger;

namespace Casemate.Node.DevicePlugin;

/// <content>EPC that ResourceClaims hold: the other front end of the same account.</content>
internal sealed partial class AllocationBook
{
    private readonly Dictionary<string, IReadOnlyList<EpcUse>> _claims = new(StringComparer.Ordinal);

    /// <summary>True when a claim holds EPC.</summary>
    public bool HasClaims
    {
        get
        {
            lock (_lock)
            {
                return _claims.Values.Any(uses => uses.Count > 0);
            }
        }
    }

    /// <summary>Gives a claim its EPC, all or nothing. What it had before is replaced; the same once more changes nothing.</summary>
    /// <param name="claim">The claim's UID.</param>
    /// <param name="uses">What it shall hold; each holder belongs to this claim alone.</param>
    /// <param name="refusal">Why not; null after success. What the claim had before, it then still has.</param>
    public bool TryGiveClaim(string claim, IReadOnlyList<EpcUse> uses, [NotNullWhen(false)] out EpcRefusal? refusal)
    {
        lock (_lock)
        {
            refusal = null;
            var before = _claims.GetValueOrDefault(claim, []);
            if (before.Count > 0 && before.SequenceEqual(uses))
            {
                return true;
            }

            ReleaseUses(before);
            foreach (var use in uses)
            {
                if (!ledger.TryReserve(use, out refusal))
                {
                    // Back to the account as it was; it is rebuilt, since what a claim has already is not refused to it.
                    ReleaseUses(uses);
                    Rebuild();
                    return false;
                }
            }

            _claims[claim] = uses;
            return true;
        }
    }

    /// <summary>Takes back what a claim holds; nothing when it holds none.</summary>
    public void ReleaseClaim(string claim)
    {
        lock (_lock)
        {
            if (_claims.Remove(claim, out var uses))
            {
                ReleaseUses(uses);
            }
        }
    }

    /// <summary>Takes over what claims were given by an earlier process. It is counted even if it is more than there is.</summary>
    public void RestoreClaims(IReadOnlyDictionary<string, IReadOnlyList<EpcUse>> claims)
    {
        lock (_lock)
        {
            foreach (var (claim, uses) in claims)
            {
                _claims[claim] = uses;
            }

            Rebuild();
        }
    }

    private void ReleaseUses(IReadOnlyList<EpcUse> uses)
    {
        foreach (var use in uses)
        {
            ledger.Release(use.Holder);
        }
    }
}
