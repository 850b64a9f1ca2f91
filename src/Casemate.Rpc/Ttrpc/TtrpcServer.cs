using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Casemate.Rpc.Ttrpc;

/// <summary>
/// Serves methods to a ttrpc peer (containerd/ttrpc, PROTOCOL.md) over a stream that its holder opened and closes. Requests are answered
/// one after the other; streams of messages are answered as unimplemented.
/// </summary>
public sealed class TtrpcServer
{
    private readonly Dictionary<(string Service, string Method), TtrpcMethod> _methods;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    /// <summary>Makes a server.</summary>
    /// <param name="methods">What it serves.</param>
    /// <param name="logger">For handlers that fail.</param>
    /// <param name="time">The clock, for the patience of callers.</param>
    /// <exception cref="ArgumentException">A path is there twice.</exception>
    public TtrpcServer(IEnumerable<TtrpcMethod> methods, ILogger logger, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(methods);
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentNullException.ThrowIfNull(time);
        _methods = methods.ToDictionary(method => TtrpcPath.Split(method.Path));
        (_logger, _time) = (logger, time);
    }

    /// <summary>Answers requests until the peer ends the stream, or no further one is to be answered.</summary>
    /// <param name="stream">The connection; its holder closes it.</param>
    /// <param name="stopping">Lets a request that has arrived whole have its answer, and ends it then.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <exception cref="InvalidDataException">What the peer sent is not ttrpc.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    public async Task RunAsync(Stream stream, CancellationToken stopping, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var channel = new TtrpcChannel(stream);
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        uint last = 0;
        (TtrpcFrame Frame, TtrpcRequest? Request) next = default;
        while (await ReadNextAsync().ConfigureAwait(false))
        {
            if (next.Frame.Type != TtrpcFrame.Request)
            {
                continue;                                                  // of a stream that was refused, or of a later protocol
            }

            var refusal = next switch
            {
                { Frame.Stream: var id } when id % 2 == 0 || id <= last => Refusal(
                    RpcStatus.InvalidArgument, "A call of a client has an odd number, larger than those before."),
                { Request: null } => Refusal(RpcStatus.InvalidArgument, "The envelope is no request of ttrpc."),
                { Frame.Flags: not 0 } => Refusal(RpcStatus.Unimplemented, "Streams of messages are not supported."),
                _ => null,
            };
            last = Math.Max(last, next.Frame.Stream);
            var response = refusal ?? await AnswerAsync(next.Request!, cancellationToken).ConfigureAwait(false);
            await channel.WriteAsync(TtrpcFrame.Response, next.Frame.Stream, response, cancellationToken).ConfigureAwait(false);
        }

        async ValueTask<bool> ReadNextAsync()
        {
            try
            {
                return await channel.ReadAsync(Take, idle.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }

        void Take(TtrpcFrame frame, ReadOnlyMemory<byte> data) =>
            next = (frame, frame.Type == TtrpcFrame.Request ? Parse(data.Span) : null);
    }

    private static TtrpcRequest? Parse(ReadOnlySpan<byte> data)
    {
        try
        {
            return TtrpcRequest.Parser.ParseFrom(data);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static TtrpcResponse Refusal(RpcStatus status, string message) =>
        new() { Status = new TtrpcStatus { Code = (int)status, Message = message } };

    private async ValueTask<TtrpcResponse> AnswerAsync(TtrpcRequest request, CancellationToken cancellationToken)
    {
        if (!_methods.TryGetValue((request.Service, request.Method), out var method))
        {
            return Refusal(RpcStatus.Unimplemented, "There is no such method.");
        }

        using var patience = new CancellationTokenSource(Patience(request.TimeoutNano), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var answer = await method.Invoke(request.Payload, either.Token).ConfigureAwait(false);
            return answer.CalculateSize() is var size && size > TtrpcFrame.MaximumLength - 64
                ? Refusal(RpcStatus.ResourceExhausted, $"The answer has {size} bytes, more than ttrpc takes.")
                : new TtrpcResponse { Payload = answer.ToByteString() };
        }
        catch (RpcException e)
        {
            return Refusal(e.Status, e.Detail);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Refusal(RpcStatus.DeadlineExceeded, "The caller's time is over.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            TtrpcLog.HandlerFailed(_logger, method.Path, e);
            return Refusal(RpcStatus.Internal, "The call failed; the server's log says why.");
        }
    }

    // What a timer takes: a call without a limit, or with one beyond a day, waits for a day.
    private static TimeSpan Patience(long nanoseconds)
    {
        var day = TimeSpan.FromDays(1);
        return nanoseconds <= 0 || nanoseconds / 100 >= day.Ticks ? day : TimeSpan.FromTicks(Math.Max(1, nanoseconds / 100));
    }
}
