namespace Casemate.Oci.Registry;

/// <summary>A target that can take content over from another place of its own, without the bytes travelling.</summary>
public interface IMountingImageTarget : IImageTarget
{
    /// <summary>Takes a blob over from where <paramref name="source"/> reads it, if both are in the same registry.</summary>
    /// <returns>False when it cannot be taken over, and must be written.</returns>
    Task<bool> TryMountAsync(Descriptor descriptor, IImageSource source, CancellationToken cancel);
}
