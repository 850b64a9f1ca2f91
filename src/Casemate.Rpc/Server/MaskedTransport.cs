using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace Casemate.Rpc.Server;

/// <summary>A connection whose received bytes went through <see cref="AuthorityMask"/>, in the very buffers they were received into.</summary>
internal sealed class MaskedTransport(IDuplexPipe inner) : PipeReader, IDuplexPipe
{
    private readonly AuthorityMask _mask = new();
    private ReadOnlySequence<byte> _buffer;
    private long _masked;                                                  // of the bytes that are received and not consumed

    /// <inheritdoc/>
    public PipeReader Input => this;

    /// <inheritdoc/>
    public PipeWriter Output => inner.Output;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Mask(await inner.Input.ReadAsync(cancellationToken).ConfigureAwait(false));

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.Input.TryRead(out result))
        {
            return false;
        }

        Mask(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _masked -= _buffer.Slice(0, consumed).Length;
        _buffer = default;
        inner.Input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.Input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Input.Complete(exception);

    private ReadResult Mask(ReadResult result)
    {
        _buffer = result.Buffer;
        foreach (var segment in _buffer.Slice(_masked))
        {
            _mask.Apply(MemoryMarshal.AsMemory(segment).Span);             // the pipe's own memory; nobody else reads or writes it
        }

        _masked = _buffer.Length;
        return result;
    }
}
