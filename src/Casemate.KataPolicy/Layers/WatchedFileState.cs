namespace Casemate.KataPolicy.Layers;

/// <summary>What a layer says about one path.</summary>
public enum WatchedFileState
{
    /// <summary>Nothing: the layers below decide.</summary>
    Absent = 0,

    /// <summary>A regular file, whose content is known.</summary>
    Present,

    /// <summary>The layer removes what the layers below have there.</summary>
    Removed,

    /// <summary>Something whose content is not in this layer's entry: a link, a directory, a device, or below one of them.</summary>
    NotAFile,

    /// <summary>A regular file that is larger than what is kept.</summary>
    TooLarge,
}
