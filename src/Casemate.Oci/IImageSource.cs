namespace Casemate.Oci;

/// <summary>Where images are read from: a registry's repository, a layout directory, an archive.</summary>
public interface IImageSource
{
    /// <summary>How the source is named in messages: a reference, or a path.</summary>
    string Name { get; }

    /// <summary>Finds the manifest or index that a tag or digest names.</summary>
    /// <param name="tagOrDigest">A tag, or a digest's text; null for the only image of the source.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException">There is none, or more than one where none was named, or the source cannot be read.</exception>
    Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel);

    /// <summary>
    /// Opens content for reading. The stream ends after exactly <see cref="Descriptor.Size"/> bytes, and its last read throws
    /// <see cref="OciException"/> with <see cref="OciError.DigestMismatch"/> when the bytes are not the promised ones: what was read to
    /// the end without an exception is genuine.
    /// </summary>
    /// <exception cref="OciException">There is no such content, or the source cannot be read.</exception>
    Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel);

    /// <summary>The manifests that refer to <paramref name="subject"/>, such as signatures; empty when there are none.</summary>
    Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel);
}
