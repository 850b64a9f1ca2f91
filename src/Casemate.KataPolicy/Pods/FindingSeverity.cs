namespace Casemate.KataPolicy.Pods;

/// <summary>How much a finding weighs. A forgotten assignment refuses.</summary>
public enum FindingSeverity
{
    /// <summary>No policy can be made: what was found may reach the guest, and the policy would not describe it.</summary>
    Error = 0,
    /// <summary>A policy was made, but a reader should look: a field nobody knows, or protection that is not there.</summary>
    Warning,
    /// <summary>Said for the record: a choice that was made on the reader's behalf.</summary>
    Note,
}
