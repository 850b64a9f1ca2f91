namespace Casemate.Oci.Registry;

/// <summary>A source that can go on with content of which a part is there already.</summary>
public interface IResumableImageSource : IImageSource
{
    /// <summary>
    /// Opens the rest of some content. Like <see cref="IImageSource.OpenAsync"/>, the last read throws unless the whole content, the part
    /// that is there included, has the promised digest.
    /// </summary>
    /// <param name="descriptor">The content.</param>
    /// <param name="part">What is there of it, from its first byte on; read to its end here. No longer than the content.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException">
    /// There is no such content, or the source cannot be read; <see cref="OciError.DigestMismatch"/>: the part is too long, or wrong.
    /// </exception>
    Task<Stream> OpenRestAsync(Descriptor descriptor, Stream part, CancellationToken cancel);
}
