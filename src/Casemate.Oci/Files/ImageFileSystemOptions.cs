namespace Casemate.Oci.Files;

/// <summary>How the files of an image are read.</summary>
public sealed record ImageFileSystemOptions
{
    /// <summary>What holds unless other options are given.</summary>
    public static ImageFileSystemOptions Default { get; } = new();

    /// <summary>The directory for the one file that holds contents; it has no name there while it is used. Null for the system's.</summary>
    public string? ScratchDirectory { get; init; }

    /// <summary>False where contents are not needed but for their digests: then nothing is written to disk.</summary>
    public bool KeepContent { get; init; } = true;

    /// <summary>What is read at most; contents of all layers together count for <see cref="OciLimits.MaxUnpackedBytes"/>.</summary>
    public OciLimits Limits { get; init; } = OciLimits.Default;
}
