using System.Buffers;

namespace Casemate.Rpc.Server;

/// <summary>Counts what goes through it.</summary>
internal sealed class CountedWriter(IBufferWriter<byte> output) : IBufferWriter<byte>
{
    /// <summary>Bytes written.</summary>
    public long Count { get; private set; }

    /// <summary>The caller's note of how many of them were sent.</summary>
    public long Flushed { get; set; }

    public void Advance(int count)
    {
        output.Advance(count);
        Count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);
}
