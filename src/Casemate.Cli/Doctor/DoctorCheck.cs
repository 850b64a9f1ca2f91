namespace Casemate.Cli.Doctor;

/// <summary>One question, and how it is answered. Answers are about one or many things; no answer means that there was nothing to ask.</summary>
/// <param name="Id">The question.</param>
/// <param name="Look">Looks; never changes anything.</param>
internal sealed record DoctorCheck(DoctorFindingId Id, Func<CancellationToken, Task<IReadOnlyList<DoctorFinding>>> Look)
{
    /// <summary>A question that is answered from what has been read already.</summary>
    public DoctorCheck(DoctorFindingId id, Func<IEnumerable<DoctorFinding>> look)
        : this(id, _ => Task.FromResult<IReadOnlyList<DoctorFinding>>([.. look()]))
    {
    }
}
