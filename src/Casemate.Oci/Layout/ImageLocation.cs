namespace Casemate.Oci.Layout;

/// <summary>
/// A name of an image with the place where it lies, as a user writes it: <c>oci:DIR[:tag]</c>, <c>oci-archive:FILE[:tag]</c>,
/// <c>docker-archive:FILE[:name:tag]</c>, <c>docker://reference</c>, or a bare name that is guessed by what it is.
/// </summary>
public sealed record ImageLocation
{
    private const string RegistryPrefix = "docker://";

    private static readonly (string Prefix, ImageTransport Transport)[] s_files =
    [
        ("oci:", ImageTransport.OciLayout), ("oci-archive:", ImageTransport.OciArchive), ("docker-archive:", ImageTransport.DockerArchive),
    ];

    // Places that other tools know.
    private static readonly string[] s_unsupported = ["dir", "containers-storage", "docker-daemon", "ostree", "sif"];

    private ImageLocation(ImageTransport transport, string path, string? tag, ImageReference? reference) =>
        (Transport, Path, TagOrDigest, Reference) = (transport, path, tag, reference);

    /// <summary>The kind of place.</summary>
    public ImageTransport Transport { get; }

    /// <summary>The directory or file; empty for a registry.</summary>
    public string Path { get; }

    /// <summary>
    /// What names the image there: a tag or a digest's text, in a docker archive a whole name. Null where none was given, and the only
    /// image is meant.
    /// </summary>
    public string? TagOrDigest { get; }

    /// <summary>The reference; null for anything but a registry.</summary>
    public ImageReference? Reference { get; }

    /// <summary>
    /// What a copy to this place is named. A layout needs a name to be of use to other tools, so it is <c>latest</c> where none was given.
    /// Null for a docker archive without a name, and for a registry's digest, which needs none.
    /// </summary>
    public string? Tag => Transport switch
    {
        ImageTransport.Registry => Reference!.Digest is null ? Reference.Tag ?? "latest" : Reference.Tag,
        ImageTransport.DockerArchive => TagOrDigest,
        _ => TagOrDigest ?? "latest",
    };

    /// <summary>
    /// Reads a location. A bare name is a layout if it is a directory, an archive if it is a file, a path to be written if it begins
    /// with '/', './' or '../' (an archive of a layout where it ends with ".tar"), and else a reference.
    /// </summary>
    /// <exception cref="OciException"><see cref="OciError.InvalidReference"/>: it is none of these.</exception>
    public static ImageLocation Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var (prefix, transport) in s_files)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
            {
                return Split(transport, text[prefix.Length..], text);
            }
        }

        if (text.StartsWith(RegistryPrefix, StringComparison.Ordinal))
        {
            return Of(ImageReference.Parse(text[RegistryPrefix.Length..]));
        }

        var path = text.Split(':')[0];
        if (Directory.Exists(path))
        {
            return Split(ImageTransport.OciLayout, text, text);
        }

        if (File.Exists(path))
        {
            return Split(KindOfArchive(path), text, text);
        }

        if (text.StartsWith('/') || text.StartsWith("./", StringComparison.Ordinal) || text.StartsWith("../", StringComparison.Ordinal))
        {
            return Split(path.EndsWith(".tar", StringComparison.Ordinal) ? ImageTransport.OciArchive : ImageTransport.OciLayout, text, text);
        }

        return s_unsupported.Contains(path) && path.Length < text.Length
            ? throw new OciException(
                OciError.InvalidReference, $"'{Quoted.Of(text)}': images in '{path}:' are not supported",
                $"Copy it to an oci: layout with the tool that wrote it; a repository of that name is written docker://{Quoted.Of(text)}.")
            : Of(ImageReference.Parse(text));
    }

    /// <summary>The location that a reference to a registry means.</summary>
    public static ImageLocation Of(ImageReference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return new ImageLocation(ImageTransport.Registry, "", reference.TagOrDigest, reference);
    }

    /// <summary>Opens the place for reading; to be disposed if it is disposable.</summary>
    /// <param name="registries">How registries are reached; null where they are not.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException">The place is not there, or not of its kind.</exception>
    public async Task<IImageSource> OpenSourceAsync(IRegistryTransport? registries, OciLimits? limits, CancellationToken cancel) => Transport switch
    {
        ImageTransport.OciLayout => Layout.OciLayout.Open(Path, limits),
        ImageTransport.OciArchive => await Layout.OciArchive.OpenAsync(Path, limits, cancel).ConfigureAwait(false),
        ImageTransport.DockerArchive => await Layout.DockerArchive.OpenAsync(Path, limits, cancel).ConfigureAwait(false),
        _ => Registries(registries).OpenSource(Reference!),
    };

    /// <summary>Opens the place for writing; to be completed, and disposed if it is disposable.</summary>
    /// <exception cref="OciException">The place cannot be written.</exception>
    public IImageTarget OpenTarget(IRegistryTransport? registries, OciLimits? limits) => Transport switch
    {
        ImageTransport.OciLayout => Layout.OciLayout.OpenOrCreate(Path, limits),
        ImageTransport.OciArchive => new OciArchiveTarget(Path, limits),
        ImageTransport.DockerArchive => new DockerArchiveTarget(Path, limits),
        _ => Registries(registries).OpenTarget(Reference!),
    };

    /// <inheritdoc/>
    public override string ToString() => Transport switch
    {
        ImageTransport.Registry => RegistryPrefix + Reference,
        _ => s_files.First(entry => entry.Transport == Transport).Prefix + Path + (TagOrDigest is null ? "" : ":" + TagOrDigest),
    };

    // As skopeo reads it: the first colon ends the path.
    private static ImageLocation Split(ImageTransport transport, string rest, string text)
    {
        var colon = rest.IndexOf(':');
        var (path, tag) = colon < 0 ? (rest, null) : (rest[..colon], rest[(colon + 1)..]);
        if (path.Length == 0 || tag is "" || path.Contains('\0'))
        {
            throw new OciException(
                OciError.InvalidReference, $"'{Quoted.Of(text)}' names no {(path.Length == 0 ? "path" : "image behind its path")}",
                "Write it as in oci:DIRECTORY:TAG, oci-archive:FILE:TAG or docker-archive:FILE:NAME:TAG.");
        }

        return new ImageLocation(transport, path, tag, null);
    }

    // An archive of a layout has "oci-layout"; newer ones of docker have both, and then the layout says more.
    private static ImageTransport KindOfArchive(string path)
    {
        using var files = TarFiles.OpenAsync(path, OciLimits.Default, CancellationToken.None).GetAwaiter().GetResult();
        using var marker = files.TryOpen("oci-layout");
        return marker is null ? ImageTransport.DockerArchive : ImageTransport.OciArchive;
    }

    private static IRegistryTransport Registries(IRegistryTransport? registries) =>
        registries ?? throw new OciException(OciError.Unsupported, "Registries are not reached from here", "Name a layout or an archive.");
}
