using System.Collections.Concurrent;
using Google.Protobuf;

namespace Casemate.Rpc.Ttrpc;

/// <summary>
/// Calls methods of a ttrpc peer (containerd/ttrpc, PROTOCOL.md) over a stream that its holder opened and closes. Calls with one request
/// and one answer; streams of messages are not supported. Thread-safe.
/// </summary>
public sealed class TtrpcClient : IDisposable
{
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<TtrpcResponse>> _calls = [];
    private readonly TtrpcChannel _channel;
    private readonly TimeProvider _time;
    private long _next = -1;
    private volatile bool _ended;

    /// <summary>Makes a client. It reads answers only while <see cref="RunAsync"/> runs.</summary>
    /// <param name="stream">To the peer.</param>
    /// <param name="time">The clock.</param>
    public TtrpcClient(Stream stream, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(time);
        (_channel, _time) = (new TtrpcChannel(stream), time);
    }

    /// <summary>Takes answers until the peer ends the stream. Calls that are still open then fail.</summary>
    /// <exception cref="InvalidDataException">What the peer sent is not ttrpc.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _channel.ReadAsync(Take, cancellationToken).ConfigureAwait(false))
            {
            }
        }
        finally
        {
            _ended = true;
            foreach (var call in _calls.Values)
            {
                call.TrySetException(Gone());
            }
        }
    }

    /// <summary>Calls a method.</summary>
    /// <typeparam name="TResponse">Message of the answer.</typeparam>
    /// <param name="path">Service and method: <c>/package.Service/Method</c>.</param>
    /// <param name="request">The request.</param>
    /// <param name="parser">Reads the answer.</param>
    /// <param name="timeout">How long to wait; the peer is told.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The peer answered with an error, did not answer in time, or is gone.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        string path, IMessage request, MessageParser<TResponse> parser, TimeSpan timeout, CancellationToken cancellationToken)
        where TResponse : IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        var (service, method) = TtrpcPath.Split(path);
        var id = (uint)Interlocked.Add(ref _next, 2);
        var answer = new TaskCompletionSource<TtrpcResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        try
        {
            if (_ended)
            {
                throw Gone();
            }

            var envelope = new TtrpcRequest
            {
                Service = service,
                Method = method,
                Payload = request.ToByteString(),
                TimeoutNano = (long)timeout.TotalMicroseconds * 1000,
            };
            await _channel.WriteAsync(TtrpcFrame.Request, id, envelope, cancellationToken).ConfigureAwait(false);
            var response = await answer.Task.WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
            if (response.Status is { Code: not 0 } status)
            {
                throw new RpcException(Enum.IsDefined((RpcStatus)status.Code) ? (RpcStatus)status.Code : RpcStatus.Unknown, status.Message);
            }

            return parser.ParseFrom(response.Payload);
        }
        catch (TimeoutException e)
        {
            throw new RpcException(RpcStatus.DeadlineExceeded, $"{path} was not answered within {timeout.TotalSeconds:0.#} s.", e);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(RpcStatus.Internal, $"The answer of {path} is no message of this method.", e);
        }
        catch (IOException e)
        {
            throw new RpcException(RpcStatus.Unavailable, $"{path} could not be called: the connection broke.", e);
        }
        finally
        {
            _calls.TryRemove(id, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static RpcException Gone() => new(RpcStatus.Unavailable, "The peer is gone.");

    // Answers to calls that nobody waits for any more are passed over, and so is whatever type is not known.
    private void Take(TtrpcFrame frame, ReadOnlyMemory<byte> data)
    {
        if (frame.Type != TtrpcFrame.Response || !_calls.TryGetValue(frame.Stream, out var call))
        {
            return;
        }

        try
        {
            call.TrySetResult(TtrpcResponse.Parser.ParseFrom(data.Span));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException("An answer is no message of ttrpc.", e);
        }
    }
}
