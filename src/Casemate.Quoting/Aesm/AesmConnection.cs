using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Casemate.Primitives.Sockets;
using Casemate.Quoting.Service;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// One connection: reads frames, has them answered one after the other, writes the answers. Between requests it holds no buffer and
/// no thread. Memory follows the bytes that have arrived, never a length that a peer states.
/// </summary>
internal sealed class AesmConnection(AesmServer server, Socket socket, string endpoint, PeerCredential credential)
{
    /// <summary>Why a connection ends that gave way to another.</summary>
    public const string GaveWay = "a limit on connections was reached, and it was idle or slow longest, or one too many of its pod";

    private const int FirstBuffer = 1024;                                  // a request for a quote; with QE report information it grows once
    private const long NoDeadline = long.MaxValue;

    private byte[]? _buffer;
    private int _filled;
    private long _deadline = NoDeadline;
    private bool _isSlow;
    private volatile string _awaited = "";
    private string? _abortReason;
    private Peer? _peer;
    private CancellationTokenSource? _answering;
    private volatile bool _hungUp;

    public string Endpoint { get; } = endpoint;

    public PeerCredential Credential { get; } = credential;

    /// <summary>The table's: its place among those that wait for their peers; null while a request is carried out.</summary>
    public LinkedListNode<AesmConnection>? WaitNode { get; set; }

    /// <summary>The table's: the pod that it counts against; null while it is not known.</summary>
    public string? Pod { get; set; }

    /// <summary>What the peer has to do next.</summary>
    public string Awaited => _awaited;

    /// <summary>Ends the connection from outside, whatever it is doing.</summary>
    /// <param name="reason">Reported as the reason unless the connection has ended already; empty: not reported.</param>
    public void Abort(string reason)
    {
        Interlocked.CompareExchange(ref _abortReason, reason, null);
        GiveUpAnswer();
        socket.Dispose();
    }

    /// <summary>Ends the connection if the peer has let its time pass.</summary>
    public void AbortIfLate(long timestamp)
    {
        if (timestamp >= Volatile.Read(ref _deadline))
        {
            Abort($"the {_awaited} did not come in time");
        }
    }

    /// <summary>Ends the connection unless a request of it is being answered.</summary>
    public void AbortIfWaiting()
    {
        if (Volatile.Read(ref _deadline) != NoDeadline)
        {
            Abort("");
        }
    }

    /// <summary>Gives up the request that is being answered, if any.</summary>
    public void GiveUpAnswer() => Volatile.Read(ref _answering)?.Cancel();

    /// <summary>
    /// Gives up the request that is being answered if its peer has hung up. A peer that only sends no more still waits for its answer:
    /// both look the same to a read, which is why nobody reads here.
    /// </summary>
    public void GiveUpIfHungUp()
    {
        if (Volatile.Read(ref _answering) is { } answering && !_hungUp && HangUp.IsSeenOn(socket))
        {
            _hungUp = true;
            answering.Cancel();
        }
    }

    /// <summary>Serves the connection to its end. Never throws.</summary>
    public async Task RunAsync()
    {
        string? problem = null;
        try
        {
            problem = await ServeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            problem = "the peer closed the connection too early";
        }
        catch (Exception e)
        {
            server.Events.Faulted(Endpoint, e);
        }
        finally
        {
            ReturnBuffer();
            socket.Dispose();
            server.Connections.Remove(this);
        }

        if ((Volatile.Read(ref _abortReason) ?? problem) is { Length: > 0 } reason)
        {
            server.Events.ConnectionDropped(Endpoint, Credential, reason);
        }
    }

    // Returns what the peer did wrong; null when it closed the connection as it should.
    private async ValueTask<string?> ServeAsync()
    {
        while (!server.IsStopping)
        {
            if (_filled == 0)
            {
                ReturnBuffer();
                server.Connections.MarkIdle(this);
                if (server.IsStopping)
                {
                    return null;                                           // stopping began after the loop looked, and may not see this one
                }

                Await("next request", server.Options.IdleTimeout);
                await socket.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
                server.Connections.MarkBusy(this);
            }

            Await("length of a request", server.Options.ReadTimeout);
            if (!await FillAsync(AesmMessage.HeaderSize).ConfigureAwait(false))
            {
                return _filled == 0 ? null : "the connection ended within the length of a request";
            }

            var length = BinaryPrimitives.ReadUInt32LittleEndian(_buffer);
            if (length is 0 or > AesmMessage.MaximumRequestSize)
            {
                return $"a request of {length} bytes was announced; the limit is {AesmMessage.MaximumRequestSize}";
            }

            Await("body of a request", server.Options.ReadTimeout);
            var end = AesmMessage.HeaderSize + (int)length;
            if (!await FillAsync(end).ConfigureAwait(false))
            {
                return "the connection ended within a request";
            }

            if (!AesmMessage.TryReadRequest(_buffer.AsMemory(AesmMessage.HeaderSize, (int)length), out var request, out var problem))
            {
                return problem;
            }

            Volatile.Write(ref _deadline, NoDeadline);
            EndWait();
            var answer = await AnswerAsync(request).ConfigureAwait(false);
            if (_hungUp)
            {
                return "the peer hung up before its answer was there";
            }

            await WriteAsync(answer).ConfigureAwait(false);
            _filled -= end;
            _buffer.AsSpan(end, _filled).CopyTo(_buffer);
        }

        return null;
    }

    private async ValueTask<AesmMessage> AnswerAsync(AesmMessage request)
    {
        // Not disposed: whoever gives the answer up may do so at any moment, and without a timer there is nothing to dispose of.
        var answering = new CancellationTokenSource();
        Volatile.Write(ref _answering, answering);
        if (server.Stopped.IsCancellationRequested)
        {
            await answering.CancelAsync().ConfigureAwait(false);           // who gave up all answers before did not see this one
        }

        AesmMessage answer;
        try
        {
            answer = await IdentifyAsync(answering.Token).ConfigureAwait(false) is { } peer
                ? await server.Handler.AnswerAsync(peer, request, answering.Token).ConfigureAwait(false)
                : AesmMessage.Response(request.Type, AesmError.Busy);
        }
        catch (OperationCanceledException) when (answering.IsCancellationRequested)
        {
            answer = AesmMessage.Response(request.Type, AesmError.ServiceStopped);
        }
        catch (Exception e)
        {
            // A fault of ours is an answer to the client and a report to the operator, never a connection that dies without a word.
            server.Events.Faulted(Endpoint, e);
            answer = AesmMessage.Response(request.Type, AesmError.Unexpected);
        }
        finally
        {
            Volatile.Write(ref _answering, null);
        }

        server.Events.Answered(_peer ?? new Peer(Credential, Endpoint), request.Type, (AesmError)(answer.Number(AesmFields.Error) ?? 1));
        return answer;
    }

    // Null when the peer's pod has its limit of connections; the next request looks again.
    private async ValueTask<Peer?> IdentifyAsync(CancellationToken cancellationToken)
    {
        if (_peer is null)
        {
            var peer = await server.Peers.ResolveAsync(Credential, Endpoint, cancellationToken).ConfigureAwait(false);
            if (peer.PodUid is { } pod)
            {
                if (!server.Connections.TryAssign(this, pod, out var evicted))
                {
                    server.Events.ConnectionRefused(Endpoint, Credential, nameof(AesmServerOptions.MaximumConnectionsPerPod));
                    return null;
                }

                evicted?.Abort(GaveWay);
            }

            _peer = peer;
        }

        return _peer;
    }

    private async ValueTask WriteAsync(AesmMessage answer)
    {
        Await("reading of an answer", server.Options.WriteTimeout);
        var size = answer.FrameSize;
        var frame = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            answer.WriteFrame(frame.AsSpan(0, size));
            for (var sent = 0; sent < size;)
            {
                sent += await WaitAsync(socket.SendAsync(frame.AsMemory(sent, size - sent))).ConfigureAwait(false);
            }

            EndWait();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    // Receives until there are so many bytes; false when the peer sends no more.
    private async ValueTask<bool> FillAsync(int wanted)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(FirstBuffer);
        while (_filled < wanted)
        {
            if (_filled == _buffer.Length)
            {
                Grow();
            }

            var received = await WaitAsync(socket.ReceiveAsync(_buffer.AsMemory(_filled))).ConfigureAwait(false);
            if (received == 0)
            {
                return false;
            }

            _filled += received;
        }

        return true;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_filled * 2);
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer!);
        _buffer = larger;
    }

    private void ReturnBuffer()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    // While the peer lets us wait, the connection may have to give way to another.
    private ValueTask<int> WaitAsync(ValueTask<int> transfer)
    {
        if (!transfer.IsCompleted)
        {
            _isSlow = true;
            server.Connections.MarkSlow(this);
        }

        return transfer;
    }

    private void EndWait()
    {
        if (_isSlow)
        {
            _isSlow = false;
            server.Connections.MarkBusy(this);
        }
    }

    private void Await(string what, TimeSpan timeout)
    {
        Volatile.Write(ref _deadline, server.Time.GetTimestamp() + (long)(timeout.TotalSeconds * server.Time.TimestampFrequency));
        _awaited = what;
    }
}
