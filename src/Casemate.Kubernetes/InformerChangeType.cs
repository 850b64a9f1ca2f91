namespace Casemate.Kubernetes;

/// <summary>What an informer tells.</summary>
public enum InformerChangeType
{
    /// <summary>An object is new, or new to this informer.</summary>
    Added = 0,

    /// <summary>An object was changed.</summary>
    Updated,

    /// <summary>An object is gone; it may have gone while nobody was watching.</summary>
    Deleted,

    /// <summary>Everything that was there at the beginning has been told.</summary>
    Synced,
}
