using Casemate.Oci.Streams;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Layers;

/// <summary>
/// Reads a layer: finds out how it is compressed from its first bytes, bounds what comes out of it, and knows the digest of the plain
/// archive at the end.
/// </summary>
public sealed class LayerReader : IAsyncDisposable
{
    private readonly Stream _compressed;
    private readonly PlainLayerStream _plain;
    private readonly TarReader _tar;
    private readonly string _name;

    private LayerReader(Stream compressed, PlainLayerStream plain, string name, OciLimits limits)
    {
        (_compressed, _plain, _name) = (compressed, plain, name);
        _tar = new TarReader(plain, name, limits);
    }

    /// <summary>The content of the current entry; see <see cref="TarReader.Content"/>.</summary>
    public Stream Content => _tar.Content;

    /// <summary>The header block of the current entry; see <see cref="TarReader.Header"/>.</summary>
    public ReadOnlySpan<byte> Header => _tar.Header;

    /// <summary>The pax header of the current entry; see <see cref="TarReader.PaxHeader"/>.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> PaxHeader => _tar.PaxHeader;

    /// <summary>Where in the plain archive that block begins; see <see cref="TarReader.HeaderPosition"/>.</summary>
    public long HeaderPosition => _tar.HeaderPosition;

    /// <summary>The bytes that came out of the layer so far.</summary>
    public long UnpackedBytes => _plain.Produced;

    /// <summary>Begins to read a layer.</summary>
    /// <param name="layer">The layer as it is stored; disposed with the reader.</param>
    /// <param name="descriptor">What the manifest says of it.</param>
    /// <param name="name">How the layer is named in messages.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException">The layer cannot be read from its source.</exception>
    public static Task<LayerReader> OpenAsync(
        Stream layer, Descriptor descriptor, string name, OciLimits? limits, CancellationToken cancel) =>
        OpenAsync(layer, descriptor, name, limits, copy: null, cancel);

    /// <summary>As the other, and passes the plain archive on.</summary>
    /// <param name="layer">The layer as it is stored; disposed with the reader.</param>
    /// <param name="descriptor">What the manifest says of it.</param>
    /// <param name="name">How the layer is named in messages.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <param name="copy">
    /// Gets every byte of the plain archive, in order, as it is read: all of them once <see cref="FinishAsync(CancellationToken)"/> is done.
    /// Not known to be genuine before that. Stays open. Null for none.
    /// </param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException">The layer cannot be read from its source.</exception>
    public static async Task<LayerReader> OpenAsync(
        Stream layer, Descriptor descriptor, string name, OciLimits? limits, Stream? copy, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(descriptor);
        limits ??= OciLimits.Default;
        try
        {
            var plain = await PlainLayerStream.OpenAsync(layer, name, limits, copy, cancel).ConfigureAwait(false);
            return new LayerReader(layer, plain, name, limits);
        }
        catch
        {
            await layer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Goes to the next entry.</summary>
    /// <returns>The entry; null at the end.</returns>
    /// <exception cref="OciException">The layer is malformed, or a limit is exceeded.</exception>
    public async ValueTask<TarEntry?> NextAsync(CancellationToken cancel) => await _tar.NextAsync(cancel).ConfigureAwait(false);

    /// <summary>
    /// Reads what is left of the layer, so that a stream that verifies it has seen all of it, and answers the digest of the plain archive.
    /// </summary>
    /// <exception cref="OciException">The layer is malformed, a limit is exceeded, or the bytes are not the promised ones.</exception>
    public async Task<Digest> FinishAsync(CancellationToken cancel)
    {
        await StreamReading.DrainAsync(_plain, cancel).ConfigureAwait(false);
        await StreamReading.DrainAsync(_compressed, cancel).ConfigureAwait(false);
        return _plain.Finish();
    }

    /// <summary>As <see cref="FinishAsync(CancellationToken)"/>, and the digest must be <paramref name="diffId"/>.</summary>
    /// <exception cref="OciException"><see cref="OciError.DigestMismatch"/>: it is another.</exception>
    public async Task FinishAsync(Digest diffId, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(diffId);
        var actual = await FinishAsync(cancel).ConfigureAwait(false);
        if (actual != diffId)
        {
            throw new OciException(
                OciError.DigestMismatch, $"{_name} unpacks to {actual}, and the image's configuration promises {diffId}",
                "Get the image again; if it persists, distrust its maker.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _plain.DisposeAsync().ConfigureAwait(false);
        await _compressed.DisposeAsync().ConfigureAwait(false);
    }
}
