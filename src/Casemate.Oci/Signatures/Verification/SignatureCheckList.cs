using System.Collections.Immutable;

namespace Casemate.Oci.Signatures;

/// <summary>Collects checks in the order in which they are asked.</summary>
internal sealed class SignatureCheckList
{
    private readonly ImmutableArray<SignatureCheck>.Builder _checks = ImmutableArray.CreateBuilder<SignatureCheck>();

    /// <summary>The checks so far.</summary>
    public ImmutableArray<SignatureCheck> ToImmutable() => _checks.ToImmutable();

    /// <summary>Adds a check that passed or failed, and says which.</summary>
    public bool Add(SignatureCheckId id, bool passed, string expected, string? actual)
    {
        _checks.Add(new SignatureCheck(
            id, passed ? SignatureCheckOutcome.Passed : SignatureCheckOutcome.Failed, Quoted.Of(expected), Quoted.Of(actual)));
        return passed;
    }

    /// <summary>Adds a check that is not asked.</summary>
    public void Skip(SignatureCheckId id, string reason) => _checks.Add(new SignatureCheck(id, SignatureCheckOutcome.Skipped, "", Quoted.Of(reason)));

    /// <summary>Adds a check that this program cannot answer.</summary>
    public void Unsupported(SignatureCheckId id, string expected, string reason) =>
        _checks.Add(new SignatureCheck(id, SignatureCheckOutcome.Unsupported, Quoted.Of(expected), Quoted.Of(reason)));
}
