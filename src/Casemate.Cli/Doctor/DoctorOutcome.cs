namespace Casemate.Cli.Doctor;

/// <summary>What became of one question of <c>casemate doctor</c>. A forgotten assignment is a failure.</summary>
internal enum DoctorOutcome
{
    /// <summary>It is not as it must be: something does not work, or will not.</summary>
    Failed = 0,

    /// <summary>It works, and somebody should look at it.</summary>
    Warning,

    /// <summary>It could not be looked at; the evidence says why.</summary>
    NotChecked,

    /// <summary>It is as it must be.</summary>
    Passed,
}
