namespace Casemate.KataPolicy;

/// <summary>What came of trying all attacks on a policy.</summary>
public sealed record AttackReport
{
    /// <summary>How many honest requests were allowed.</summary>
    public required int Honest { get; init; }

    /// <summary>How many attacks were tried.</summary>
    public required int Tried { get; init; }

    /// <summary>How many of them were denied.</summary>
    public required int Denied { get; init; }

    /// <summary>How many were allowed because the field is free by design, <see cref="FreeFields.Table"/>.</summary>
    public required int Free { get; init; }

    /// <summary>What must not be; empty when the policy holds.</summary>
    public required IReadOnlyList<AttackFinding> Findings { get; init; }

    /// <summary>Whether the policy holds: every honest request allowed, every attack denied or free by design.</summary>
    public bool Holds => Findings.Count == 0 && Honest > 0 && Denied > 0;
}
