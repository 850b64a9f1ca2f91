namespace Casemate.Node.Discovery;

/// <summary>How a search among the device nodes ended.</summary>
internal enum DeviceLookupOutcome
{
    /// <summary>Nothing is there.</summary>
    Absent = 0,

    /// <summary>Something is there.</summary>
    Found,

    /// <summary>A link leads nowhere, outside of <c>/dev</c>, or in a circle.</summary>
    BrokenLink,
}
