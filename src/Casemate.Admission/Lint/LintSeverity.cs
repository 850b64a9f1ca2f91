namespace Casemate.Admission;

/// <summary>How much a finding about a file weighs.</summary>
public enum LintSeverity
{
    /// <summary>It does not work, or not as it is meant.</summary>
    Error = 0,

    /// <summary>It works and should be changed.</summary>
    Warning,

    /// <summary>It may be no more than a slip of whatever copied the text.</summary>
    Note,
}
