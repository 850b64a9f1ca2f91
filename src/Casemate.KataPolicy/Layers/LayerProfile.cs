namespace Casemate.KataPolicy.Layers;

/// <summary>How the host makes a block device of an image's layer: which bytes a root hash is of.</summary>
public enum LayerProfile
{
    /// <summary>
    /// The plain tar archive with an index behind it, as the tardev snapshotter of Kata Containers on Azure makes it: whiteouts in the
    /// form of the overlay file system, aligned to 4096 bytes.
    /// </summary>
    Tarfs = 0,

    /// <summary>The older form of it: no special treatment of whiteouts, aligned to 512 bytes.</summary>
    TarfsV1,

    /// <summary>
    /// An ext4 file system, as microsoft/hcsshim makes it for confidential containers on Azure Container Instances: whiteouts in the form
    /// of the overlay file system, hashed by the rules of <see cref="Measurement.Verity.VerityProfile.Hcsshim"/>.
    /// </summary>
    Ext4,
}
