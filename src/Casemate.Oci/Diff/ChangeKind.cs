namespace Casemate.Oci.Diff;

/// <summary>How something differs between two images.</summary>
public enum ChangeKind
{
    /// <summary>Only the second image has it.</summary>
    Added = 0,
    /// <summary>Only the first image has it.</summary>
    Removed,
    /// <summary>Both have it, and it differs.</summary>
    Changed,
}
