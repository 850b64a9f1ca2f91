using System.Security.Cryptography;

namespace Casemate.Oci.Registry;

/// <summary>
/// The content of an upload, one piece in memory at a time. The last piece is handed out only when all of the content has the promised
/// digest and size.
/// </summary>
internal sealed class UploadSource : IDisposable
{
    private readonly Descriptor _descriptor;
    private readonly Stream _content;
    private readonly long _origin;
    private byte[] _piece = [];
    private IncrementalHash _hash;
    private int _length;

    /// <summary>Makes the source.</summary>
    public UploadSource(Descriptor descriptor, Stream content)
    {
        (_descriptor, _content) = (descriptor, content);
        _origin = content.CanSeek ? content.Position : 0;
        _hash = IncrementalHash.CreateHash(descriptor.Digest.HashName);
    }

    /// <summary>Where the piece in memory begins.</summary>
    public long Start { get; private set; }

    /// <summary>Where the piece in memory ends.</summary>
    public long End => Start + _length;

    /// <summary>True when the piece in memory is the last.</summary>
    public bool IsLast => End == _descriptor.Size;

    /// <summary>The part of the piece in memory from <paramref name="offset"/> of the content on.</summary>
    public ReadOnlyMemory<byte> From(long offset) => _piece.AsMemory((int)(offset - Start), (int)(End - offset));

    /// <summary>Reads the next piece.</summary>
    /// <param name="size">How large it may be.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException"><see cref="OciError.DigestMismatch"/>: the content is not what was promised.</exception>
    public async Task NextAsync(int size, CancellationToken cancel)
    {
        (Start, _length) = (End, 0);
        var wanted = (int)Math.Min(size, _descriptor.Size - Start);
        if (_piece.Length < wanted)
        {
            _piece = new byte[wanted];
        }

        _length = await _content.ReadAtLeastAsync(_piece.AsMemory(0, wanted), wanted, throwOnEndOfStream: false,
            cancel).ConfigureAwait(false);
        _hash.AppendData(_piece.AsSpan(0, _length));
        if (_length < wanted)
        {
            throw new OciException(
                OciError.DigestMismatch, $"the content for {_descriptor.Digest.Short} ends after {End:N0} of {_descriptor.Size:N0} bytes");
        }

        if (IsLast)
        {
            await VerifyAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Begins again, where the content can; false where it cannot.</summary>
    public bool TryRewind()
    {
        if (Start == 0)
        {
            return true;                                                  // It is all still in memory, from the first byte on.
        }

        if (!_content.CanSeek)
        {
            return false;
        }

        _content.Position = _origin;
        _hash.Dispose();
        _hash = IncrementalHash.CreateHash(_descriptor.Digest.HashName);
        (Start, _length) = (0, 0);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private async Task VerifyAsync(CancellationToken cancel)
    {
        if (await _content.ReadAsync(new byte[1], cancel).ConfigureAwait(false) > 0)
        {
            throw new OciException(
                OciError.DigestMismatch, $"the content for {_descriptor.Digest.Short} goes on after {_descriptor.Size:N0} bytes");
        }

        var actual = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (actual != _descriptor.Digest.Hex)
        {
            throw new OciException(
                OciError.DigestMismatch, $"the content is not what its descriptor promises: {_descriptor.Digest} is {_descriptor.Digest.Algorithm}:{actual}");
        }
    }
}
