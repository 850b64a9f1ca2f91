namespace Casemate.Oci.Copying;

/// <summary>What is copied, and how.</summary>
public sealed record ImageCopyOptions
{
    /// <summary>The platform that is chosen from an index. Default: <see cref="Platform.LinuxAmd64"/>. Without effect on a single
    /// image.</summary>
    public Platform Platform { get; init; } = Platform.LinuxAmd64;

    /// <summary>Copies an index as it is, with the images of all its platforms. Default: false.</summary>
    public bool AllPlatforms { get; init; }

    /// <summary>Copies what refers to the image as well, such as signatures: referrers, and what cosign keeps under tags
    /// such as <c>sha256-HEX.sig</c>, with these tags. Default: false.</summary>
    public bool Referrers { get; init; }

    /// <summary>How many blobs travel at once: 1 to 16, default 3.</summary>
    public int Parallel { get; init; } = 3;

    /// <summary>
    /// A directory that keeps what arrived of a blob until all of it is there, so that the same copy goes on after the process ended.
    /// Null, the default: only cuts within one run are survived.
    /// </summary>
    public string? PartialDirectory { get; init; }

    /// <summary>What is read at most.</summary>
    public OciLimits Limits { get; init; } = OciLimits.Default;

    /// <summary>Hears of progress, from several threads at once; null: nobody does.</summary>
    public IProgress<CopyProgress>? Progress { get; init; }
}
