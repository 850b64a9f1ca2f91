namespace Casemate.Oci.Copying;

/// <summary>What a copy did.</summary>
/// <param name="Descriptor">The manifest or index that was copied.</param>
/// <param name="Copied">Blobs whose bytes travelled.</param>
/// <param name="Skipped">Blobs that the target had already.</param>
/// <param name="Mounted">Blobs that the target took over from another of its repositories.</param>
/// <param name="Bytes">The size of the blobs that travelled.</param>
/// <param name="Referrers">Manifests that refer to the image and were copied with it.</param>
public sealed record ImageCopyResult(Descriptor Descriptor, int Copied, int Skipped, int Mounted, long Bytes, int Referrers);
