namespace Casemate.KataPolicy.Images;

/// <summary>Finds out about images.</summary>
public interface IImageFacts
{
    /// <summary>Finds out about one image.</summary>
    /// <param name="reference">The reference as a pod has it.</param>
    /// <param name="form">How its layers reach the guest: decides whether roots of dm-verity are computed; null when nothing binds
    /// them.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="Oci.OciException">The image is not there, cannot be reached, or is malformed.</exception>
    /// <exception cref="Layers.LayerException">A layer cannot become a block device.</exception>
    Task<ImageFacts> FindAsync(string reference, ImageForm? form, CancellationToken cancel);
}
