namespace Casemate.Attestation;

/// <summary>How one check ended. <see cref="Failed"/> is zero, so that a forgotten assignment refuses.</summary>
public enum CheckOutcome
{
    /// <summary>The evidence does not meet the check. One failed check rejects the evidence.</summary>
    Failed = 0,

    /// <summary>The evidence meets the check.</summary>
    Passed,

    /// <summary>Worth a reader's attention, but tolerated by the policy in force (it says so in the expected value).</summary>
    Warned,

    /// <summary>The policy in force does not ask this question. Nothing may be concluded from it.</summary>
    NotAsked,
}
