namespace Casemate.Admission;

/// <summary>The operations of a JSON patch that are used here (RFC 6902).</summary>
public enum PatchVerb
{
    /// <summary>Sets a member, or appends to a list where the path ends in <c>-</c>.</summary>
    Add = 0,

    /// <summary>Takes a member away.</summary>
    Remove,
}
