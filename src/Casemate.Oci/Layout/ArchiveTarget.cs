using System.Security.Cryptography;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Layout;

/// <summary>
/// A target that is one file: contents gather in a directory beside it, and <see cref="CompleteAsync"/> makes the file of them, which
/// then appears whole. Without that call nothing is left.
/// </summary>
public abstract class ArchiveTarget : IImageTarget, IAsyncDisposable
{
    private readonly string _staging;
    private readonly string _path;

    private protected ArchiveTarget(string transport, string path, OciLimits? limits)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = Path.GetFullPath(path);
        Name = $"{transport}:{Quoted.Of(path)}";
        Limits = limits ?? OciLimits.Default;
        var directory = Path.GetDirectoryName(_path)!;
        if (!Directory.Exists(directory) || Directory.Exists(_path))
        {
            throw new OciException(
                OciError.Storage, Directory.Exists(_path) ? $"'{Quoted.Of(path)}' is a directory" : $"There is no directory '{Quoted.Of(directory)}'");
        }

        _staging = Path.Combine(directory, ".tmp-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        Staging = OciLayout.OpenOrCreate(_staging, Limits);
    }

    /// <inheritdoc/>
    public string Name { get; }

    internal OciLayout Staging { get; }

    internal string StagingPath => _staging;

    internal OciLimits Limits { get; }

    /// <summary>The last manifest or index that was written: the image, where nobody gave it a name.</summary>
    internal Descriptor? LastManifest { get; private set; }

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(Descriptor descriptor, CancellationToken cancel) => Staging.ExistsAsync(descriptor, cancel);

    /// <inheritdoc/>
    public async Task WriteAsync(Descriptor descriptor, Stream content, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        await Staging.WriteAsync(descriptor, content, cancel).ConfigureAwait(false);
        if (MediaTypes.IsManifest(descriptor.MediaType) || MediaTypes.IsIndex(descriptor.MediaType))
        {
            LastManifest = descriptor;
        }
    }

    /// <inheritdoc/>
    public abstract Task TagAsync(Descriptor descriptor, string tag, CancellationToken cancel);

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken cancel)
    {
        var temporary = _path + ".tmp-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                var tar = new TarWriter(file);
                await WriteArchiveAsync(tar, cancel).ConfigureAwait(false);
                tar.Finish();
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, _path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new OciException(OciError.Storage, $"'{Quoted.Of(_path)}' cannot be written: {failure.Message}", cause: failure);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Removes what was gathered.</summary>
    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(_staging))
        {
            Directory.Delete(_staging, recursive: true);
        }

        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected abstract Task WriteArchiveAsync(TarWriter tar, CancellationToken cancel);
}
