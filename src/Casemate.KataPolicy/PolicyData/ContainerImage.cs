namespace Casemate.KataPolicy;

/// <summary>The image that a container must run. Casemate's own part of <c>policy_data</c>.</summary>
/// <remarks>
/// <para>How the image is bound depends on how its layers reach the guest, <see cref="Form"/>:</para>
/// <list type="table">
/// <item><term><see cref="ImageForm.GuestPull"/></term><description>The guest pulls it. The request has one storage of driver
/// <c>image_guest_pull</c> whose source is exactly <see cref="Reference"/>; the digest in it binds manifest, configuration and layers. The
/// pause container's source is <c>pause</c>, and it comes from the measured guest image.</description></item>
/// <item><term><see cref="ImageForm.HostTarfsVerity"/></term><description>The host attaches one block device per layer, file system
/// <c>tar</c>, and an overlay. Options of each layer's storage hold its root of dm-verity, the mount points and the overlay hold the chain
/// identifiers: both must be those of <see cref="Layers"/>, in that order and no others.</description></item>
/// <item><term><see cref="ImageForm.HostExt4Verity"/></term><description>The same with layers as ext4.</description></item>
/// </list>
/// <para>In every form <c>io.kubernetes.cri.image-name</c> must be <see cref="Reference"/>, except for the pause container.</para>
/// </remarks>
public sealed record ContainerImage
{
    /// <summary>The image by digest, <c>repository@sha256:…</c>, as the pod names it.</summary>
    public required string Reference { get; init; }

    /// <summary>The digest of the manifest of the guest's platform, or of the index that <see cref="Reference"/> names.</summary>
    public required string ManifestDigest { get; init; }

    /// <summary>The digest of the image's configuration; empty when it is not known.</summary>
    public string ConfigDigest { get; init; } = "";

    /// <summary>Digests of the uncompressed layers, the lowest first.</summary>
    public IReadOnlyList<string> DiffIds { get; init; } = [];

    /// <summary>Layers with their roots of dm-verity, the topmost first, as the requests have them. Empty when the guest pulls.</summary>
    public IReadOnlyList<ImageLayerPolicy> Layers { get; init; } = [];

    /// <summary>How the layers reach the guest.</summary>
    public required ImageForm Form { get; init; }

    /// <summary>
    /// Who must have signed the image; null when nobody must. Carried for readers and verifiers: no request shows a signature, so it is the
    /// guest's image policy, in the initdata, that holds it.
    /// </summary>
    public ImageSigner? Signer { get; init; }
}
