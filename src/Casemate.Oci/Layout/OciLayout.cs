using System.Security.Cryptography;
using Casemate.Oci.Documents;
using Casemate.Oci.Streams;
using Casemate.Primitives.Files;

namespace Casemate.Oci.Layout;

/// <summary>
/// Images in a directory: <c>oci-layout</c>, <c>index.json</c> and <c>blobs/</c>. Source: OCI Image Format Specification 1.1,
/// image-layout.md.
/// </summary>
/// <remarks>
/// Several processes may write to one directory: contents appear whole or not at all, and changes of the index wait for one another.
/// Symbolic links inside the directory are not followed, for reading or writing.
/// </remarks>
public sealed class OciLayout : IImageSource, IImageTarget
{
    private const string LockFile = ".lock";
    private static readonly TimeSpan s_lockPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_lockPatience = TimeSpan.FromSeconds(60);
    private const UnixFileMode FileMode644 =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly string _root;
    private readonly OciLimits _limits;
    private readonly LayoutReader _reader;

    private OciLayout(string path, OciLimits? limits)
    {
        _root = Path.GetFullPath(path);
        _limits = limits ?? OciLimits.Default;
        Name = $"oci:{Quoted.Of(path)}";
        _reader = new LayoutReader(new DirectoryFiles(_root, Name), _limits);
    }

    /// <inheritdoc cref="IImageSource.Name"/>
    public string Name { get; }

    /// <summary>Opens a layout that is there.</summary>
    /// <exception cref="OciException"><see cref="OciError.NotFound"/>: there is none.</exception>
    public static OciLayout Open(string path, OciLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var layout = new OciLayout(path, limits);
        if (!Directory.Exists(path))
        {
            throw new OciException(OciError.NotFound, $"There is no directory '{Quoted.Of(path)}'");
        }

        layout._reader.RequireLayout();
        return layout;
    }

    /// <summary>Opens a layout, and makes it where there is none; a directory that holds other things is refused.</summary>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: the directory is another one, or cannot be written.</exception>
    public static OciLayout OpenOrCreate(string path, OciLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Storage(path, () =>
        {
            var layout = new OciLayout(path, limits);
            var marker = Path.Combine(layout._root, "oci-layout");
            if (!File.Exists(marker))
            {
                if (Directory.Exists(layout._root) && Directory.EnumerateFileSystemEntries(layout._root).Any(
                    entry => !AtomicFile.IsLeftover(entry) && Path.GetFileName(entry) is not ("blobs" or "index.json" or LockFile)))
                {
                    throw new OciException(
                        OciError.Storage, $"The directory '{Quoted.Of(path)}' holds something that is not an image layout",
                        "Name an empty directory, or one that does not exist.");
                }

                Directory.CreateDirectory(Path.Combine(layout._root, "blobs", "sha256"));
                AtomicFile.TryCreate(Path.Combine(layout._root, "index.json"), LayoutIndex.Empty.Write(), FileMode644);
                AtomicFile.TryCreate(marker, "{\"imageLayoutVersion\":\"1.0.0\"}"u8, FileMode644);
            }

            layout._reader.RequireLayout();
            return layout;
        });
    }

    /// <summary>Every manifest that the index names, with its annotations: tags stand in <c>org.opencontainers.image.ref.name</c>.</summary>
    public IReadOnlyList<Descriptor> Manifests => [.. _reader.ReadIndex().Manifests];

    /// <inheritdoc/>
    public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel) => Task.FromResult(_reader.Resolve(tagOrDigest));

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return Task.FromResult(_reader.Open(descriptor));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return _reader.ReferrersAsync(subject, artifactType, cancel);
    }

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(Descriptor descriptor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return Task.FromResult(_reader.Exists(descriptor));
    }

    /// <inheritdoc/>
    public async Task WriteAsync(Descriptor descriptor, Stream content, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(content);
        if (descriptor.Size > _limits.MaxBlobBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"{descriptor.Digest} has {descriptor.Size} bytes, and {_limits.MaxBlobBytes} is the limit");
        }

        var path = Path.Combine(_root, LayoutReader.BlobPath(descriptor.Digest));
        if (!_reader.Exists(descriptor))
        {
            await StorageAsync(path, () => PublishAsync(path, descriptor, content, cancel)).ConfigureAwait(false);
        }

        // A manifest about another one is found through the index, because a directory has nobody to ask for referrers.
        if (MediaTypes.IsManifest(descriptor.MediaType) && descriptor.Size <= _limits.MaxManifestBytes)
        {
            await using var stream = _reader.Open(descriptor);
            var bytes = await StreamReading.AllAsync(stream, (int)descriptor.Size, cancel).ConfigureAwait(false);
            if (ImageManifest.TryRead(bytes, out var manifest, out _, _limits) && manifest.Subject is not null)
            {
                await ChangeIndexAsync(index => index.Set(LayoutReader.Described(descriptor, manifest), null), cancel).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public Task TagAsync(Descriptor descriptor, string tag, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (tag.Length is 0 or > 1024 || !char.IsAsciiLetterOrDigit(tag[0])
            || tag.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:@+/"))
        {
            throw new OciException(OciError.InvalidReference, $"'{Quoted.Of(tag)}' cannot name an image in a layout");
        }

        return ChangeIndexAsync(index => index.Set(descriptor, tag), cancel);
    }

    /// <summary>Adds a manifest or index to the layout's index without a name.</summary>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: the directory cannot be written.</exception>
    public Task AddAsync(Descriptor descriptor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return ChangeIndexAsync(index => index.Set(descriptor, null), cancel);
    }

    private async Task PublishAsync(string path, Descriptor descriptor, Stream content, CancellationToken cancel)
    {
        var directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        NoFollowFile.RequireNoLink(Path.GetDirectoryName(directory)!);
        NoFollowFile.RequireNoLink(directory);
        var temporary = Path.Combine(directory, ".tmp-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode644;
        }

        try
        {
            await using (var stream = new FileStream(temporary, options))
            {
                await using var verified = new VerifyingStream(content, descriptor, Name, leaveOpen: true);
                await verified.CopyToAsync(stream, cancel).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            AtomicFile.FlushDirectory(directory);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private Task ChangeIndexAsync(Action<LayoutIndex> change, CancellationToken cancel) => StorageAsync(_root, async () =>
    {
        using var alone = await LockAsync(cancel).ConfigureAwait(false);
        var index = _reader.ReadIndex();
        change(index);
        AtomicFile.Write(Path.Combine(_root, "index.json"), index.Write(), FileMode644);
    });

    private async Task<FileLock> LockAsync(CancellationToken cancel)
    {
        var path = Path.Combine(_root, LockFile);
        for (var waited = TimeSpan.Zero; waited < s_lockPatience; waited += s_lockPause)
        {
            if (FileLock.TryAcquire(path) is { } taken)
            {
                return taken;
            }

            await Task.Delay(s_lockPause, cancel).ConfigureAwait(false);
        }

        throw new OciException(
            OciError.Storage, $"Another process has been changing {Name} for more than {s_lockPatience.TotalSeconds} s", "Try again when it is done.");
    }

    private static T Storage<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, failure);
        }
    }

    private static async Task StorageAsync(string path, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, failure);
        }
    }

    private static OciException Failed(string path, Exception failure) =>
        new(OciError.Storage, $"'{Quoted.Of(path)}' cannot be written: {failure.Message}", cause: failure);
}
