namespace Casemate.KataPolicy;

/// <summary>How an image's layers reach the guest.</summary>
public enum ImageForm
{
    /// <summary>The guest pulls the image by digest (<c>guest-pull</c>).</summary>
    GuestPull,

    /// <summary>The host attaches layers as tar files with an index, under dm-verity (<c>host-tarfs-dm-verity</c>).</summary>
    HostTarfsVerity,

    /// <summary>The host attaches layers as ext4, under dm-verity (<c>host-ext4-dm-verity</c>).</summary>
    HostExt4Verity,
}
