namespace Casemate.Admission;

/// <summary>How a container that quotes gets the quote helper's socket.</summary>
public enum AesmMount
{
    /// <summary>With its device, from the node agent: pods need no volume and may run under Pod Security <c>restricted</c>.</summary>
    Allocation = 0,

    /// <summary>By a <c>hostPath</c> volume, as with Intel's plugin and Azure's add-on.</summary>
    HostPath,
}
