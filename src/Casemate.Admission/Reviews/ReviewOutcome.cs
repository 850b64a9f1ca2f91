namespace Casemate.Admission;

/// <summary>What became of a review. A closed set: the label of metrics.</summary>
public enum ReviewOutcome
{
    /// <summary>The object does not use SGX.</summary>
    Untouched = 0,

    /// <summary>The pod uses SGX and is complete.</summary>
    Complete,

    /// <summary>The pod gets a patch.</summary>
    Changed,

    /// <summary>The pod is refused.</summary>
    Refused,

    /// <summary>The request is no review.</summary>
    Malformed,
}
