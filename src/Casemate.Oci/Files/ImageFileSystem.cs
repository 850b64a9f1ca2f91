using System.Buffers;
using System.Security.Cryptography;
using Casemate.Oci.Layers;
using Casemate.Oci.Streams;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Files;

/// <summary>
/// The files of an image as a container sees them: all layers put on one another. The tree is in memory, the contents are in one
/// scratch file without a name. Every layer was read to its end, and its digests were checked.
/// </summary>
public sealed partial class ImageFileSystem : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly ImageTree _tree;
    private readonly FileStream? _scratch;
    private readonly OciLimits _limits;
    private long _contentBytes;

    private ImageFileSystem(ImageFileSystemOptions options)
    {
        _limits = options.Limits;
        _tree = new ImageTree(options.Limits);
        _scratch = options.KeepContent ? ScratchFile.Create(options.ScratchDirectory) : null;
    }

    /// <summary>The root directory.</summary>
    public ImageEntry Root => _tree.Root;

    /// <summary>Everything but the root, each directory before what is in it, names in the order of their bytes.</summary>
    public IEnumerable<ImageEntry> Entries => Below(Root);

    /// <summary>Reads all layers of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="options">How; null for <see cref="ImageFileSystemOptions.Default"/>.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="OciException">A layer is malformed, exceeds a limit, or is not what the image promises.</exception>
    public static async Task<ImageFileSystem> OpenAsync(Image image, ImageFileSystemOptions? options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(image);
        var files = new ImageFileSystem(options ?? ImageFileSystemOptions.Default);
        try
        {
            for (var i = 0; i < image.Manifest.Layers.Count; i++)
            {
                await files.AddLayerAsync(image, i, cancel).ConfigureAwait(false);
            }

            files._scratch?.Flush();
            return files;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            files.Dispose();
            throw new OciException(OciError.Storage, $"The files of {image.Source.Name} cannot be kept: {failure.Message}", cause: failure);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Finds what a path means; links are followed inside the image, never out of it.</summary>
    /// <param name="path">A path, absolute or not.</param>
    /// <param name="followLast">False to get a link itself where the last component is one.</param>
    /// <returns>Null when there is nothing, or a link leads nowhere.</returns>
    public ImageEntry? Find(string path, bool followLast = true)
    {
        ArgumentNullException.ThrowIfNull(path);
        return _tree.Find(path, followLast);
    }

    /// <summary>Opens a file's content for reading; several may be open at once. The stream can seek.</summary>
    /// <exception cref="ArgumentException">It is not a file.</exception>
    /// <exception cref="InvalidOperationException">Contents were not kept.</exception>
    public Stream OpenRead(ImageEntry file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Content is not { } content)
        {
            throw new ArgumentException($"'{Quoted.Of(file.Path)}' is not a file.", nameof(file));
        }

        return _scratch is null
            ? throw new InvalidOperationException("The files were read without keeping their content.")
            : new FileSliceStream(_scratch.SafeFileHandle, content.Offset, content.Size, $"'{Quoted.Of(file.Path)}'");
    }

    /// <summary>Reads a file's content whole.</summary>
    /// <param name="file">The file.</param>
    /// <param name="maxBytes">The size that is accepted at most, checked before anything is allocated.</param>
    /// <exception cref="OciException"><see cref="OciError.LimitExceeded"/>: the file is larger.</exception>
    public byte[] ReadAllBytes(ImageEntry file, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Size > maxBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"'{Quoted.Of(file.Path)}' has {file.Size} bytes, and {maxBytes} is the limit");
        }

        using var stream = OpenRead(file);
        var bytes = new byte[file.Size];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Removes the scratch file.</summary>
    public void Dispose() => _scratch?.Dispose();

    private static IEnumerable<ImageEntry> Below(ImageEntry root)
    {
        var pending = new Stack<ImageEntry>(root.Children.Reverse());
        while (pending.TryPop(out var entry))
        {
            yield return entry;
            foreach (var child in entry.Children.Reverse())
            {
                pending.Push(child);
            }
        }
    }

    private async Task AddLayerAsync(Image image, int number, CancellationToken cancel)
    {
        var descriptor = image.Manifest.Layers[number];
        var name = $"{image.Source.Name}, layer {number + 1} ({descriptor.Digest.Short})";
        var stream = await image.Source.OpenAsync(descriptor, cancel).ConfigureAwait(false);
        await using var layer = await LayerReader.OpenAsync(stream, descriptor, name, _limits, cancel).ConfigureAwait(false);
        while (await layer.NextAsync(cancel).ConfigureAwait(false) is { } entry)
        {
            var content = entry.Kind == TarEntryKind.File ? await KeepAsync(layer.Content, entry, name, cancel).ConfigureAwait(false) : null;
            _tree.Apply(entry, content, number, name);
        }

        await layer.FinishAsync(image.Config.DiffIds[number], cancel).ConfigureAwait(false);
    }

    private async Task<FileContent> KeepAsync(Stream content, TarEntry entry, string name, CancellationToken cancel)
    {
        if (entry.Size > _limits.MaxUnpackedBytes - _contentBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"{name}: the files of the image have more than {_limits.MaxUnpackedBytes} bytes");
        }

        var offset = _contentBytes;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
            {
                hash.AppendData(buffer.AsSpan(0, read));
                _contentBytes += read;
                if (_scratch is not null)
                {
                    await _scratch.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }

        return new FileContent(offset, entry.Size, Digest.FromSha256(hash.GetHashAndReset()));
    }
}
