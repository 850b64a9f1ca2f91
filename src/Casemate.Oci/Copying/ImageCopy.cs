using Casemate.Oci.Documents;
using Casemate.Oci.Layout;
using Casemate.Oci.Registry;
using Casemate.Oci.Streams;

namespace Casemate.Oci.Copying;

/// <summary>
/// Copies images between registries, layouts and archives, byte for byte, so that digests and signatures stay what they are. What the
/// target has already does not travel; manifests are written after all that they name, and the tag comes last.
/// </summary>
public sealed class ImageCopy
{
    private const int MaxDepth = 4;
    private const int MaxManifests = 4_096;

    // All manifests of a copy are in memory until they are written: together, this many times what one may have.
    private const int MaxManifestFactor = 64;
    private const int LeastPartial = 1 << 20;

    private readonly IImageSource _source;
    private readonly IImageTarget _target;
    private readonly ImageCopyOptions _options;

    // In the order in which they are written: what is named before what names it.
    private readonly List<(Descriptor Descriptor, byte[] Content)> _manifests = [];
    private readonly List<(Descriptor Descriptor, string Tag)> _companions = [];
    private readonly Dictionary<Digest, Descriptor> _blobs = [];
    private readonly HashSet<Digest> _seen = [];
    private int _copied;
    private int _skipped;
    private int _mounted;
    private int _referrers;
    private long _bytes;
    private long _manifestBytes;

    private ImageCopy(IImageSource source, IImageTarget target, ImageCopyOptions options) =>
        (_source, _target, _options) = (source, target, options);

    /// <summary>Copies an image.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="tagOrDigest">Its name there; null for the only image of the source.</param>
    /// <param name="target">Where it goes. Not completed: the caller may copy more first.</param>
    /// <param name="tag">What it is tagged as; null: it gets no tag.</param>
    /// <param name="options">What is copied, and how.</param>
    /// <param name="cancel">Ends the copy; what is complete in the target stays, and the next copy skips it.</param>
    /// <exception cref="OciException">The image cannot be read, or not written.</exception>
    public static Task<ImageCopyResult> RunAsync(
        IImageSource source, string? tagOrDigest, IImageTarget target, string? tag, ImageCopyOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        return options.Parallel is >= 1 and <= 16
            ? new ImageCopy(source, target, options).RunAsync(tagOrDigest, tag, cancel)
            : throw new ArgumentException($"Parallel is {options.Parallel}: use 1 to 16.", nameof(options));
    }

    private async Task<ImageCopyResult> RunAsync(string? tagOrDigest, string? tag, CancellationToken cancel)
    {
        var root = await ChooseAsync(await _source.ResolveAsync(tagOrDigest, cancel).ConfigureAwait(false), 0,
            cancel).ConfigureAwait(false);
        await CollectAsync(root, 0, cancel).ConfigureAwait(false);
        if (_options.Referrers)
        {
            await CollectReferrersAsync(cancel).ConfigureAwait(false);
        }

        var together = new ParallelOptions { MaxDegreeOfParallelism = _options.Parallel, CancellationToken = cancel };
        await Parallel.ForEachAsync(_blobs.Values, together, CopyBlobAsync).ConfigureAwait(false);
        foreach (var (descriptor, content) in _manifests)
        {
            if (!await _target.ExistsAsync(descriptor, cancel).ConfigureAwait(false))
            {
                await _target.WriteAsync(descriptor, new MemoryStream(content, writable: false), cancel).ConfigureAwait(false);
            }
        }

        foreach (var (companion, name) in _companions)
        {
            await _target.TagAsync(companion, name, cancel).ConfigureAwait(false);
        }

        if (tag is not null)
        {
            await _target.TagAsync(root, tag, cancel).ConfigureAwait(false);
        }

        return new ImageCopyResult(root, _copied, _skipped, _mounted, _bytes, _referrers);
    }

    // The image of the wanted platform, where an index is not wanted as a whole.
    private async Task<Descriptor> ChooseAsync(Descriptor descriptor, int depth, CancellationToken cancel)
    {
        if (_options.AllPlatforms || !MediaTypes.IsIndex(descriptor.MediaType))
        {
            return descriptor;
        }

        RequireDepth(depth);
        var index = ImageIndex.Parse(await ReadAsync(descriptor, cancel).ConfigureAwait(false), NameOf(descriptor), _options.Limits);
        var found = index.Find(_options.Platform) ?? throw new OciException(
            OciError.NotFound, $"{NameOf(descriptor)} has no image for {Quoted.Of(_options.Platform.ToString())}",
            "Name another platform (--platform OS/ARCHITECTURE), or copy them all (--all).");
        return await ChooseAsync(found, depth + 1, cancel).ConfigureAwait(false);
    }

    private async Task CollectAsync(Descriptor descriptor, int depth, CancellationToken cancel)
    {
        RequireDepth(depth);
        if (!_seen.Add(descriptor.Digest))
        {
            return;
        }

        if (_seen.Count > MaxManifests)
        {
            throw new OciException(
                OciError.LimitExceeded, $"{_source.Name} names more than {MaxManifests:N0} manifests for one image, the limit");
        }

        _manifestBytes += descriptor.Size;
        var limit = (long)MaxManifestFactor * _options.Limits.MaxManifestBytes;
        if (_manifestBytes > limit)
        {
            throw new OciException(
                OciError.LimitExceeded, $"{_source.Name} names manifests of more than {limit:N0} bytes for one image, the limit");
        }

        var content = await ReadAsync(descriptor, cancel).ConfigureAwait(false);
        if (MediaTypes.IsIndex(descriptor.MediaType))
        {
            foreach (var entry in ImageIndex.Parse(content, NameOf(descriptor), _options.Limits).Manifests)
            {
                await CollectAsync(entry, depth + 1, cancel).ConfigureAwait(false);
            }
        }
        else if (MediaTypes.IsManifest(descriptor.MediaType))
        {
            var manifest = ImageManifest.Parse(content, NameOf(descriptor), _options.Limits);
            foreach (var blob in manifest.Layers.Prepend(manifest.Config))
            {
                AddBlob(blob);
            }
        }
        else
        {
            throw new OciException(
                OciError.Unsupported, $"{NameOf(descriptor)} is '{Quoted.Of(descriptor.MediaType)}', which is not copied");
        }

        _manifests.Add((descriptor, content));
    }

    private void AddBlob(Descriptor blob)
    {
        if (_blobs.TryGetValue(blob.Digest, out var known) && known.Size != blob.Size)
        {
            throw new OciException(
                OciError.MalformedDocument, $"{_source.Name} gives {blob.Digest} the sizes {known.Size:N0} and {blob.Size:N0}");
        }

        if (blob.Size > _options.Limits.MaxBlobBytes)
        {
            throw new OciException(
                OciError.LimitExceeded, $"{blob.Digest} has {blob.Size:N0} bytes, the limit is {_options.Limits.MaxBlobBytes:N0}");
        }

        _blobs.TryAdd(blob.Digest, blob);
    }

    // Signatures may have signatures: the list grows while it is walked, up to the limit of manifests.
    private async Task CollectReferrersAsync(CancellationToken cancel)
    {
        for (var i = 0; i < _manifests.Count; i++)
        {
            var subject = _manifests[i].Descriptor.Digest;
            foreach (var referrer in await _source.ReferrersAsync(subject, null, cancel).ConfigureAwait(false))
            {
                await CollectReferrerAsync(referrer, cancel).ConfigureAwait(false);
            }

            // A docker archive has names of images only.
            foreach (var tag in _target is DockerArchiveTarget ? [] : CompanionTag.AllOf(subject))
            {
                if (await FindAsync(tag, cancel).ConfigureAwait(false) is { } companion)
                {
                    await CollectReferrerAsync(companion, cancel).ConfigureAwait(false);
                    _companions.Add((companion, tag));
                }
            }
        }
    }

    private async Task CollectReferrerAsync(Descriptor referrer, CancellationToken cancel)
    {
        var before = _manifests.Count;
        await CollectAsync(referrer, 0, cancel).ConfigureAwait(false);
        _referrers += _manifests.Count - before;
    }

    private async Task<Descriptor?> FindAsync(string tag, CancellationToken cancel)
    {
        try
        {
            return await _source.ResolveAsync(tag, cancel).ConfigureAwait(false);
        }
        catch (OciException failure) when (failure.Error is OciError.NotFound)
        {
            return null;
        }
    }

    private async ValueTask CopyBlobAsync(Descriptor blob, CancellationToken cancel)
    {
        if (await _target.ExistsAsync(blob, cancel).ConfigureAwait(false))
        {
            Interlocked.Increment(ref _skipped);
            Report(CopyStage.Skipped, blob, blob.Size);
            return;
        }

        if (_target is IMountingImageTarget mounting && await mounting.TryMountAsync(blob, _source, cancel).ConfigureAwait(false))
        {
            Interlocked.Increment(ref _mounted);
            Report(CopyStage.Mounted, blob, blob.Size);
            return;
        }

        Report(CopyStage.Started, blob, 0);
        if (_options.PartialDirectory is not { } directory || _source is not IResumableImageSource resumable || blob.Size < LeastPartial
            || !await PartialBlob.TryUseAsync(
                directory, resumable, blob, Advanced, whole => _target.WriteAsync(blob, whole, cancel), cancel).ConfigureAwait(false))
        {
            await using var content = await _source.OpenAsync(blob, cancel).ConfigureAwait(false);
            await _target.WriteAsync(blob, new CountingReadStream(content, 0, Advanced), cancel).ConfigureAwait(false);
        }

        Interlocked.Increment(ref _copied);
        Interlocked.Add(ref _bytes, blob.Size);
        Report(CopyStage.Copied, blob, blob.Size);

        void Advanced(long bytes) => Report(CopyStage.Advanced, blob, bytes);
    }

    private async Task<byte[]> ReadAsync(Descriptor descriptor, CancellationToken cancel)
    {
        if (descriptor.Size > _options.Limits.MaxManifestBytes)
        {
            throw new OciException(
                OciError.LimitExceeded, $"{NameOf(descriptor)} has {descriptor.Size:N0} bytes, the limit is {_options.Limits.MaxManifestBytes:N0}");
        }

        await using var stream = await _source.OpenAsync(descriptor, cancel).ConfigureAwait(false);
        return await StreamReading.AllAsync(stream, (int)descriptor.Size, cancel).ConfigureAwait(false);
    }

    private void RequireDepth(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new OciException(OciError.LimitExceeded, $"{_source.Name}: indexes name indexes deeper than {MaxDepth} times");
        }
    }

    private string NameOf(Descriptor descriptor) => $"{_source.Name}@{descriptor.Digest}";

    private void Report(CopyStage stage, Descriptor descriptor, long bytes) =>
        _options.Progress?.Report(new CopyProgress(stage, descriptor, bytes));
}
