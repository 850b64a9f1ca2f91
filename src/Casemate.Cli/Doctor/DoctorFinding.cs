namespace Casemate.Cli.Doctor;

/// <summary>The answer to one question about one thing.</summary>
/// <param name="Id">The question.</param>
/// <param name="Outcome">The answer.</param>
/// <param name="About">Which thing, such as <c>node n1</c>; empty for the whole of what is looked at.</param>
/// <param name="Evidence">What was read, and where.</param>
/// <param name="Fix">A command, or a sentence; null when there is nothing to do.</param>
internal sealed record DoctorFinding(DoctorFindingId Id, DoctorOutcome Outcome, string About, string Evidence, string? Fix)
{
    /// <summary>True when a right was missing.</summary>
    public bool IsDenied { get; init; }

    /// <summary>True when there was nothing to look at, which is no shortcoming of the looking.</summary>
    public bool IsIdle { get; init; }

    public static DoctorFinding Passed(DoctorFindingId id, string evidence, string about = "") =>
        new(id, DoctorOutcome.Passed, about, evidence, null);

    public static DoctorFinding Failed(DoctorFindingId id, string evidence, string fix, string about = "") =>
        new(id, DoctorOutcome.Failed, about, evidence, fix);

    public static DoctorFinding Warning(DoctorFindingId id, string evidence, string fix, string about = "") =>
        new(id, DoctorOutcome.Warning, about, evidence, fix);

    public static DoctorFinding NotChecked(DoctorFindingId id, string why, string? fix = null, string about = "") =>
        new(id, DoctorOutcome.NotChecked, about, why, fix);
}
