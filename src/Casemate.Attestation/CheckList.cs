using System.Buffers;
using System.Collections.Immutable;

namespace Casemate.Attestation;

/// <summary>Collects the checks of one verification and remembers whether the evidence is authentic.</summary>
internal sealed class CheckList
{
    private const int Size = 64;
    private const string NotAskedText = "not asked by the policy";

    // Most checks pass, or are not asked, with constant texts: one object for each serves every verdict. A race makes one twice.
    private static readonly Check?[] s_usual = new Check?[Enum.GetValues<CheckId>().Length];

    private Check[] _checks = ArrayPool<Check>.Shared.Rent(Size);
    private int _count;

    /// <summary>True while no authenticity check failed.</summary>
    public bool Authentic { get; private set; } = true;

    /// <summary>Records a check on whether the evidence and its collateral are genuine.</summary>
    public void Authenticity(CheckId id, bool holds, string expected, string actual)
    {
        Authentic &= holds;
        Add(id, holds ? CheckOutcome.Passed : CheckOutcome.Failed, expected, actual);
    }

    /// <summary>Records an authenticity check by its error text: empty means passed, and the text for that is given.</summary>
    public void Authenticity(CheckId id, string error, string expected) =>
        Authenticity(id, error.Length == 0, expected, error.Length == 0 ? expected : error);

    /// <summary>Records a check on whether genuine evidence is fresh and what the policy wants.</summary>
    public void Judge(CheckId id, bool holds, string expected, string actual) =>
        Add(id, holds ? CheckOutcome.Passed : CheckOutcome.Failed, expected, actual);

    /// <summary>Records a finding that the policy tolerates.</summary>
    public void Warn(CheckId id, string expected, string actual) => Add(id, CheckOutcome.Warned, expected, actual);

    /// <summary>Records a question that the policy does not ask.</summary>
    public void NotAsked(CheckId id, string actual) => Add(id, CheckOutcome.NotAsked, NotAskedText, actual);

    /// <summary>The checks; the list is empty afterwards.</summary>
    public ImmutableArray<Check> Drain()
    {
        var checks = ImmutableArray.Create(_checks.AsSpan(0, _count));
        ArrayPool<Check>.Shared.Return(_checks, clearArray: true);
        (_checks, _count) = ([], 0);
        return checks;
    }

    private void Add(CheckId id, CheckOutcome outcome, string expected, string actual)
    {
        if (_count == _checks.Length)
        {
            Array.Resize(ref _checks, Math.Max(Size, _count * 2));          // a policy with very many rules; the pool takes any array
        }

        _checks[_count++] = outcome is CheckOutcome.Passed or CheckOutcome.NotAsked
            ? Usual(id, outcome, expected, actual)
            : new Check(id, outcome, expected, actual);
    }

    private static Check Usual(CheckId id, CheckOutcome outcome, string expected, string actual)
    {
        var known = Volatile.Read(ref s_usual[(int)id]);
        if (known is not null && known.Outcome == outcome && ReferenceEquals(known.Expected, expected) && ReferenceEquals(known.Actual, actual))
        {
            return known;
        }

        var check = new Check(id, outcome, expected, actual);
        Volatile.Write(ref s_usual[(int)id], check);
        return check;
    }
}
