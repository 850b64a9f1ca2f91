namespace Casemate.Measurement.Verity;

/// <summary>
/// dm-verity: the root of a tree of hashes over all blocks of some data. A kernel that knows the root notices every change of the data
/// when it reads it. Source: kernel documentation, admin-guide/device-mapper/verity.rst.
/// </summary>
public static partial class Verity
{
    /// <summary>Computes the root hash of a stream, from where it stands to its end.</summary>
    /// <param name="data">The data; it stays open.</param>
    /// <param name="options">The parameters; null for <see cref="VerityOptions.Default"/>.</param>
    /// <exception cref="VerityException">A parameter is out of range, or the data is empty or ends inside a block.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static VerityRoot Root(Stream data, VerityOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        using var hasher = new VerityHasher(options);
        Fill(hasher, data, progress: null, CancellationToken.None);
        return hasher.Finish();
    }

    /// <summary>Computes the root hash of a stream, from where it stands to its end.</summary>
    /// <param name="data">The data; it stays open.</param>
    /// <param name="options">The parameters; null for <see cref="VerityOptions.Default"/>.</param>
    /// <param name="progress">Is told the bytes read so far, about once for each MiB; null for none.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="VerityException">A parameter is out of range, or the data is empty or ends inside a block.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static async Task<VerityRoot> RootAsync(
        Stream data, VerityOptions? options = null, IProgress<long>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        using var hasher = new VerityHasher(options);
        await FillAsync(hasher, data, progress, cancel).ConfigureAwait(false);
        return hasher.Finish();
    }

    private static void Fill(VerityHasher hasher, Stream data, IProgress<long>? progress, CancellationToken cancel)
    {
        if (VerityFile.Is(data))
        {
            VerityFile.Fill(hasher, (FileStream)data, progress, cancel);
        }

        int read;
        while (!hasher.Room.IsEmpty && (read = data.Read(hasher.Room.Span)) > 0)
        {
            cancel.ThrowIfCancellationRequested();
            hasher.Advance(read);
            progress?.Report(hasher.Length);
        }
    }

    private static async Task FillAsync(VerityHasher hasher, Stream data, IProgress<long>? progress, CancellationToken cancel)
    {
        if (VerityFile.Is(data))
        {
            await Task.Run(() => VerityFile.Fill(hasher, (FileStream)data, progress, cancel), cancel).ConfigureAwait(false);
        }

        int read;
        while (!hasher.Room.IsEmpty && (read = await data.ReadAsync(hasher.Room, cancel).ConfigureAwait(false)) > 0)
        {
            hasher.Advance(read);
            progress?.Report(hasher.Length);
        }
    }
}
