namespace Casemate.Oci.Files;

/// <summary>How an image is unpacked.</summary>
public sealed record UnpackOptions
{
    /// <summary>What holds unless other options are given.</summary>
    public static UnpackOptions Default { get; } = new();

    /// <summary>What becomes of devices and pipes.</summary>
    public SpecialFileTreatment SpecialFiles { get; init; }

    /// <summary>How symbolic links are written.</summary>
    public LinkTreatment Links { get; init; }

    /// <summary>True to keep set-user-id and set-group-id bits of files; they would be the current user's then.</summary>
    public bool AllowSetUserId { get; init; }
}
