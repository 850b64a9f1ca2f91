namespace Casemate.Kubernetes;

/// <summary>What happened to a watched object. Source: Kubernetes API concepts, "Efficient detection of changes".</summary>
public enum KubeWatchEventType
{
    /// <summary>It is new, or new to this watch.</summary>
    Added = 0,

    /// <summary>It was changed.</summary>
    Modified,

    /// <summary>It is gone.</summary>
    Deleted,

    /// <summary>Nothing happened up to this version.</summary>
    Bookmark,
}
