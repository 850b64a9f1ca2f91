using System.IO.Compression;

namespace Casemate.Oci.Streams;

/// <summary>
/// Compresses with gzip so that the same bytes written give the same bytes out: fixed level, no name, no time, no operating system.
/// Source: RFC 1952, section 2.3.
/// </summary>
/// <remarks>
/// The compressor of the base library sees its input in pieces of one size, however it was written, because where a piece ends may
/// decide where a match is found. Leaves the stream behind it open.
/// </remarks>
internal sealed class ReproducibleGzipStream : WriteOnlyStream
{
    private const int PieceBytes = 64 * 1024;
    private const int Level = 9;

    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly GZipStream _gzip;
    private int _filled;

    public ReproducibleGzipStream(Stream inner) =>
        _gzip = new GZipStream(new HeaderStream(inner), new ZLibCompressionOptions { CompressionLevel = Level });

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var taken = Math.Min(buffer.Length, PieceBytes - _filled);
            buffer[..taken].CopyTo(_piece.AsSpan(_filled));
            _filled += taken;
            buffer = buffer[taken..];
            if (_filled == PieceBytes)
            {
                _gzip.Write(_piece);
                _filled = 0;
            }
        }
    }

    /// <summary>Writes what is left, and the end.</summary>
    public void Finish()
    {
        _gzip.Write(_piece, 0, _filled);
        _filled = 0;
        _gzip.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    // The compressor names the operating system it was built for; 255 stands for "unknown". The extra flags are left to its level.
    private sealed class HeaderStream(Stream inner) : WriteOnlyStream
    {
        private const int SystemOffset = 9;
        private long _written;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (_written <= SystemOffset && _written + buffer.Length > SystemOffset)
            {
                var changed = buffer.ToArray();
                changed[SystemOffset - (int)_written] = 255;
                buffer = changed;
            }

            _written += buffer.Length;
            inner.Write(buffer);
        }
    }
}
