namespace Casemate.Admission;

/// <summary>Which of its two questions the API server asks.</summary>
public enum ReviewEndpoint
{
    /// <summary>What shall be changed in the object.</summary>
    Mutate = 0,

    /// <summary>Whether the object may be made.</summary>
    Validate,
}
