using System.Text;
using Casemate.Oci;
using Casemate.Oci.Streams;

namespace Casemate.KataPolicy.Images.Containerd;

/// <summary>
/// Images that containerd holds on this machine, read from its directory: names from its database, contents from its store. Needs no
/// daemon, and changes nothing. Sources: containerd/containerd metadata/buckets.go, content/local.
/// </summary>
public sealed class ContainerdStore : IImageSource
{
    /// <summary>Where containerd keeps its files unless it is told otherwise.</summary>
    public const string DefaultRoot = "/var/lib/containerd";

    /// <summary>The namespace of what the kubelet pulls.</summary>
    public const string KubernetesNamespace = "k8s.io";

    private const int MaxMediaTypeBytes = 256;

    private readonly string _root;
    private readonly string _namespace;

    /// <summary>Uses a directory of containerd.</summary>
    /// <param name="root">The directory, such as <see cref="DefaultRoot"/>.</param>
    /// <param name="namespaceName">The namespace, such as <see cref="KubernetesNamespace"/>.</param>
    public ContainerdStore(string root, string namespaceName = KubernetesNamespace)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentException.ThrowIfNullOrEmpty(namespaceName);
        (_root, _namespace) = (root, namespaceName);
    }

    /// <inheritdoc/>
    public string Name => $"containerd:{_root}";

    private string Database => Path.Combine(_root, "io.containerd.metadata.v1.bolt", "meta.db");

    /// <summary>Finds the manifest or index of an image.</summary>
    /// <param name="tagOrDigest">The image's whole name, such as <c>docker.io/library/busybox:latest</c>.</param>
    /// <param name="cancel">Not used: the look-up is short.</param>
    /// <exception cref="OciException">There is none, or the directory cannot be read.</exception>
    public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(tagOrDigest))
        {
            throw new OciException(OciError.InvalidReference, $"{Name}: an image of containerd is named in full");
        }

        using var database = BoltFile.Open(Database);
        var digest = database.Find("v1", _namespace, "images", tagOrDigest, "target", "digest");
        var mediaType = database.Find("v1", _namespace, "images", tagOrDigest, "target", "mediatype");
        if (digest is null || mediaType is null)
        {
            throw new OciException(
                OciError.NotFound,
                $"containerd does not hold {Layers.Shown.Of(tagOrDigest)} in the namespace '{Layers.Shown.Of(_namespace)}'",
                $"Pull it: ctr -n {Layers.Shown.Of(_namespace)} images pull {Layers.Shown.Of(tagOrDigest)}");
        }

        if (!Digest.TryParse(Encoding.UTF8.GetString(digest), out var parsed) || mediaType.Length > MaxMediaTypeBytes)
        {
            throw new OciException(
                OciError.MalformedDocument, $"{Name}: what containerd says of {Layers.Shown.Of(tagOrDigest)} is not a descriptor");
        }

        return Task.FromResult(new Descriptor(Encoding.UTF8.GetString(mediaType), parsed, LengthOf(parsed)));
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (LengthOf(descriptor.Digest) != descriptor.Size)
        {
            throw new OciException(OciError.DigestMismatch, $"{Name}: {descriptor.Digest} has another size than its descriptor promises");
        }

        try
        {
            var file = new FileStream(PathOf(descriptor.Digest), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Task.FromResult<Stream>(new VerifyingStream(file, descriptor, Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(descriptor.Digest, e);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Descriptor>>([]);

    private string PathOf(Digest digest) => Path.Combine(_root, "io.containerd.content.v1.content", "blobs", digest.Algorithm, digest.Hex);

    private long LengthOf(Digest digest)
    {
        try
        {
            var file = new FileInfo(PathOf(digest));
            return file.Exists
                ? file.Length
                : throw new OciException(
                    OciError.NotFound, $"{Name} does not hold {digest}: containerd may have discarded it after unpacking",
                    "Set discard_unpacked_layers = false, or pull the image for the guest's platform (ctr images pull --platform)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(digest, e);
        }
    }

    private OciException Unreadable(Digest digest, Exception cause) =>
        new(OciError.Storage, $"{Name}: {digest} cannot be read: {cause.Message}", "Run as a user that may read containerd's directory.",
            cause);
}
