namespace Casemate.Oci.Files;

/// <summary>How symbolic links are written when an image is unpacked.</summary>
public enum LinkTreatment
{
    /// <summary>
    /// A link that would lead out of the directory on this machine, because it is absolute or climbs, is written so that it leads to
    /// what it means inside the image. The others stay as they are.
    /// </summary>
    KeepInside = 0,
    /// <summary>As they are written in the image: right for chroot, and able to lead anywhere for programs outside of it.</summary>
    VerbatimLeadingAnywhere,
}
