using System.Diagnostics.CodeAnalysis;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;

namespace Casemate.Node.Ledger;

/// <summary>
/// The one account of a node's EPC. Every name and every front end draws on it, so the sum of what it gave never exceeds E, whoever
/// asked and under whichever name. It keeps no state of its own: after a start it is rebuilt from pods and claims. Thread-safe.
/// </summary>
public sealed class EpcLedger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, EpcUse> _uses = new(StringComparer.Ordinal);
    private IReadOnlyList<PlannedBank> _banks;
    private bool _ready;

    /// <summary>Makes a ledger that refuses until <see cref="Rebuild"/> said what is held already.</summary>
    /// <param name="banks">The banks of the plan in force.</param>
    public EpcLedger(IReadOnlyList<PlannedBank> banks)
    {
        ArgumentNullException.ThrowIfNull(banks);
        _banks = [.. banks];
    }

    /// <summary>
    /// Gives EPC to a holder. A holder that is known keeps the larger of what it has and what it asks for, so that the same request
    /// made twice is counted once.
    /// </summary>
    /// <param name="use">Who, how much, from where.</param>
    /// <param name="refusal">Why not; null after success. Nothing changed then.</param>
    public bool TryReserve(EpcUse use, [NotNullWhen(false)] out EpcRefusal? refusal)
    {
        ArgumentNullException.ThrowIfNull(use);
        ArgumentException.ThrowIfNullOrEmpty(use.Holder);
        lock (_lock)
        {
            var before = _uses.GetValueOrDefault(use.Holder);
            var wanted = before is null || before.Bytes <= use.Bytes ? use : use with { Bytes = before.Bytes };
            refusal = Refuse(wanted, before);
            if (refusal is null)
            {
                _uses[use.Holder] = wanted;
            }

            return refusal is null;
        }
    }

    /// <summary>Takes back what a holder has.</summary>
    /// <returns>False when the ledger does not know the holder.</returns>
    public bool Release(string holder)
    {
        ArgumentException.ThrowIfNullOrEmpty(holder);
        lock (_lock)
        {
            return _uses.Remove(holder);
        }
    }

    /// <summary>
    /// Replaces the whole account by what runs on the node. What runs is counted even if it is more than E: then nothing more is given.
    /// </summary>
    /// <param name="uses">All holders; for one that is there twice the larger amount counts.</param>
    /// <returns>The ledger afterwards.</returns>
    /// <exception cref="ArgumentException">A holder has no name or a negative amount; nothing changed.</exception>
    public EpcUsage Rebuild(IEnumerable<EpcUse> uses)
    {
        ArgumentNullException.ThrowIfNull(uses);
        var rebuilt = new Dictionary<string, EpcUse>(StringComparer.Ordinal);
        foreach (var use in uses)
        {
            if (string.IsNullOrEmpty(use.Holder) || use.Bytes < 0)
            {
                throw new ArgumentException($"A holder must have a name and an amount that is not negative, not '{use.Holder}' and "
                    + $"{use.Bytes}.", nameof(uses));
            }

            if (!rebuilt.TryGetValue(use.Holder, out var other) || other.Bytes < use.Bytes)
            {
                rebuilt[use.Holder] = use;
            }
        }

        lock (_lock)
        {
            _uses.Clear();
            foreach (var use in rebuilt.Values)
            {
                _uses.Add(use.Holder, use);
            }

            _ready = true;
            return Account();
        }
    }

    /// <summary>Takes over the banks of a new plan, such as after EPC leaked. What is held stays held.</summary>
    public EpcUsage Resize(IReadOnlyList<PlannedBank> banks)
    {
        ArgumentNullException.ThrowIfNull(banks);
        lock (_lock)
        {
            _banks = [.. banks];
            return Account();
        }
    }

    /// <summary>The account at this moment.</summary>
    public EpcUsage Usage()
    {
        lock (_lock)
        {
            return Account();
        }
    }

    private EpcRefusal? Refuse(EpcUse wanted, EpcUse? before)
    {
        if (!_ready)
        {
            return new EpcRefusal(EpcRefusalReason.NotReady,
                "The EPC already in use on this node is not known yet; ask again in a moment.");
        }

        if (wanted.Bytes < 0)
        {
            return new EpcRefusal(EpcRefusalReason.InvalidAmount,
                $"{EpcText.Number(wanted.Bytes)} bytes of EPC is no amount that can be given.");
        }

        var capacity = _banks.Sum(bank => bank.AvailableBytes);
        var others = Saturated(_uses.Values.Where(use => use.Holder != wanted.Holder).Select(use => use.Bytes));

        // What a holder has already is not refused to it again, even where the EPC shrank meanwhile.
        var same = before is not null && before.Bytes == wanted.Bytes && before.Numa == wanted.Numa;
        return same ? null : RefuseAmount(wanted.Bytes, capacity, others, "This node") ?? RefuseBank(wanted);
    }

    private EpcRefusal? RefuseBank(EpcUse wanted)
    {
        if (wanted.Numa is not { } numa)
        {
            return null;
        }

        var bank = _banks.FirstOrDefault(known => known.Numa == numa);
        if (bank is null)
        {
            return new EpcRefusal(EpcRefusalReason.UnknownBank, $"NUMA node {numa} has no EPC on this node.");
        }

        var others = Saturated(_uses.Values.Where(use => use.Numa == numa && use.Holder != wanted.Holder).Select(use => use.Bytes));
        return RefuseAmount(wanted.Bytes, bank.AvailableBytes, others, $"NUMA node {numa}");
    }

    private static EpcRefusal? RefuseAmount(long bytes, long capacity, long used, string where)
    {
        if (bytes > capacity)
        {
            return new EpcRefusal(
                EpcRefusalReason.TooLarge, $"{where} has {EpcText.Of(capacity)} of EPC for pods, {EpcText.Of(bytes)} are asked for.");
        }

        // Both are at most long.MaxValue and not negative, so the difference cannot overflow.
        return bytes <= capacity - used
            ? null
            : new EpcRefusal(
                EpcRefusalReason.Exhausted,
                $"{where} has {EpcText.Of(capacity)} of EPC for pods, of which {EpcText.Of(used)} are in use; {EpcText.Of(bytes)} are "
                    + "asked for.");
    }

    private EpcUsage Account() => new(
        _banks.Sum(bank => bank.AvailableBytes),
        Saturated(_uses.Values.Select(use => use.Bytes)),
        [.. _banks.Select(bank => new EpcBankUsage(
            bank.Numa, bank.AvailableBytes,
            bank.Numa is null ? 0 : Saturated(_uses.Values.Where(use => use.Numa == bank.Numa).Select(use => use.Bytes))))],
        [.. _uses.Values.OrderBy(use => use.Holder, StringComparer.Ordinal)]);

    // A sum of amounts from outside: too large stays too large.
    private static long Saturated(IEnumerable<long> amounts) =>
        amounts.Aggregate(0L, (sum, amount) => amount > long.MaxValue - sum ? long.MaxValue : sum + amount);
}
