namespace Casemate.Broker;

/// <summary>How a decision ended. <see cref="Refused"/> is zero, so that a forgotten assignment refuses.</summary>
public enum DecisionOutcome
{
    /// <summary>No.</summary>
    Refused = 0,

    /// <summary>Yes.</summary>
    Allowed,

    /// <summary>Neither: something that the decision needs was not at hand. The caller got nothing.</summary>
    Undecided,
}
