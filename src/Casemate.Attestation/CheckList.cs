using System.Collections.Immutable;

namespace Casemate.Attestation;

/// <summary>Collects the checks of one verification and remembers whether the evidence is authentic.</summary>
internal sealed class CheckList
{
    private readonly ImmutableArray<Check>.Builder _checks = ImmutableArray.CreateBuilder<Check>(40);

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
    public void NotAsked(CheckId id, string actual) => Add(id, CheckOutcome.NotAsked, "not asked by the policy", actual);

    /// <summary>The checks so far.</summary>
    public ImmutableArray<Check> ToImmutable() => _checks.DrainToImmutable();

    private void Add(CheckId id, CheckOutcome outcome, string expected, string actual) =>
        _checks.Add(new Check(id, outcome, expected, actual));
}
