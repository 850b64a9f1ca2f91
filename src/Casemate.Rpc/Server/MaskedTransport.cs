using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace Casemate.Rpc.Server;

/// <summary>
/// A connection whose received bytes went through <see cref="AuthorityMask"/>, in the very buffers they were received into, and that can
/// be nudged.
/// <para>
/// Kestrel sees that the last call of a connection has ended when it next has something to read; usually its heartbeat sees to that, but
/// a stop ends the heartbeat first. A connection whose last call ends during the stop would then stay until the stop's patience is over.
/// </para>
/// </summary>
internal sealed class MaskedTransport(IDuplexPipe inner) : PipeReader, IDuplexPipe
{
    // A PING that answers none, RFC 9113, section 6.7: Kestrel reads it, and does nothing else.
    private static readonly byte[] s_nudge = [0, 0, 8, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly AuthorityMask _mask = new();
    private ReadOnlySequence<byte> _buffer;
    private ReadOnlySequence<byte> _nudge;                                 // what is left of one that is being read
    private long _masked;                                                  // of the bytes that are received and not consumed
    private int _nudges;                                                   // 1 from the nudge until the read that it ended was taken, else 0
    private volatile bool _isCancelled;

    /// <inheritdoc/>
    public PipeReader Input => this;

    /// <inheritdoc/>
    public PipeWriter Output => inner.Output;

    /// <summary>Gives Kestrel something to read, unless the peer is in the middle of something.</summary>
    public void Nudge()
    {
        // One at a time. A second one while the first is being taken would end a read that nobody knows the reason of, and Kestrel
        // takes a read that was ended for the end of the connection: calls under way would lose their answers.
        if (Interlocked.Exchange(ref _nudges, 1) == 0)
        {
            inner.Input.CancelPendingRead();
        }
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (!_nudge.IsEmpty)
            {
                return new ReadResult(_nudge, isCanceled: false, isCompleted: false);
            }

            var result = await inner.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!TryTakeNudge(ref result))
            {
                return Mask(result);
            }
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!_nudge.IsEmpty)
        {
            result = new ReadResult(_nudge, isCanceled: false, isCompleted: false);
            return true;
        }

        if (!inner.Input.TryRead(out result) || TryTakeNudge(ref result))
        {
            return false;
        }

        result = Mask(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_nudge.IsEmpty)
        {
            _nudge = _nudge.Slice(consumed);
            return;
        }

        _masked -= _buffer.Slice(0, consumed).Length;
        _buffer = default;
        inner.Input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        _isCancelled = true;
        inner.Input.CancelPendingRead();
    }

    public override void Complete(Exception? exception = null) => inner.Input.Complete(exception);

    // True when the read brought nothing but the nudge; the next one brings its bytes, if there is room for a frame.
    private bool TryTakeNudge(ref ReadResult result)
    {
        if (!result.IsCanceled || _isCancelled || Interlocked.Exchange(ref _nudges, 0) == 0)
        {
            return false;
        }

        if (!result.Buffer.IsEmpty || result.IsCompleted)
        {
            result = new ReadResult(result.Buffer, isCanceled: false, result.IsCompleted);
            return false;                                                  // what the peer sent does as well
        }

        inner.Input.AdvanceTo(result.Buffer.Start);
        _nudge = _mask.IsBetweenFrames ? new ReadOnlySequence<byte>(s_nudge) : default;
        return true;
    }

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
