using System.Buffers;
using System.IO.Pipelines;
using Casemate.Rpc.Server;
using Casemate.Testing;

namespace Casemate.Rpc.Tests.Server;

/// <summary>
/// Nudges that meet while one of them is being taken. Kestrel takes a read that was ended without a reason for the end of the
/// connection, and gives its calls up.
/// </summary>
public sealed class NudgeTests
{
    [Fact]
    public async Task ASecondOne_WhileTheFirstIsTaken_DoesNotEndTheConnection()
    {
        var inner = new SteppedReader();
        var transport = new MaskedTransport(new Duplex(inner));
        var read = transport.ReadAsync().AsTask();
        transport.Nudge();
        Assert.Equal(1, inner.Cancelled);

        // The second comes when the first has ended the read and the reader has not looked yet. Whatever it does to the reader takes
        // effect only after the first one was dealt with.
        inner.BeforeCancel = inner.EndRead;
        transport.Nudge();
        inner.EndRead();
        inner.EndRead();
        inner.Receive([1, 2, 3]);

        var result = await read.SoonAsync();
        Assert.False(result.IsCanceled);
        Assert.Equal(3, result.Buffer.Length);
    }

    [Fact]
    public async Task EachAfterTheOther_GivesSomethingToRead()
    {
        var pipe = new Pipe();
        var transport = new MaskedTransport(new Duplex(pipe.Reader));
        await pipe.Writer.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Wire.RawConnection.Preface));
        var preface = await transport.ReadAsync();
        transport.AdvanceTo(preface.Buffer.End);
        for (var i = 0; i < 3; i++)
        {
            var read = transport.ReadAsync().AsTask();
            transport.Nudge();

            var result = await read.SoonAsync();
            Assert.False(result.IsCanceled);
            Assert.Equal(17, result.Buffer.Length);                        // a PING of RFC 9113, section 6.7
            transport.AdvanceTo(result.Buffer.End);
        }
    }

    private sealed record Duplex(PipeReader Input) : IDuplexPipe
    {
        public PipeWriter Output => throw new NotSupportedException();
    }

    /// <summary>A pipe whose reads end when a test says so, if they were cancelled.</summary>
    private sealed class SteppedReader : PipeReader
    {
        private TaskCompletionSource<ReadResult>? _read;
        private int _pending;

        public int Cancelled { get; private set; }

        public Action BeforeCancel { get; set; } = () => { };

        public void EndRead()
        {
            if (_pending > 0 && _read is { } read)
            {
                _pending--;
                _read = null;
                read.SetResult(new ReadResult(ReadOnlySequence<byte>.Empty, isCanceled: true, isCompleted: false));
            }
        }

        public void Receive(byte[] bytes) =>
            _read?.SetResult(new ReadResult(new ReadOnlySequence<byte>(bytes), isCanceled: false, isCompleted: false));

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            _read = new TaskCompletionSource<ReadResult>();
            return new ValueTask<ReadResult>(_read.Task);
        }

        public override void CancelPendingRead()
        {
            BeforeCancel();
            Cancelled++;
            _pending++;
        }

        public override void AdvanceTo(SequencePosition consumed)
        {
        }

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return false;
        }
    }
}
