using Casemate.Measurement.Verity;

namespace Casemate.KataPolicy.Layers;

/// <summary>Passes what is written on to a hasher, and tells how much it was.</summary>
internal sealed class VerityStream(VerityHasher hasher, IProgress<long>? progress) : Stream
{
    private const int ReportBytes = 1 << 20;

    private long _reported;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => hasher.Length;

    public override long Position
    {
        get => hasher.Length;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        hasher.Append(buffer);
        if (progress is not null && hasher.Length - _reported >= ReportBytes)
        {
            _reported = hasher.Length;
            progress.Report(_reported);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
