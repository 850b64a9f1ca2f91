using Google.Protobuf;

namespace Casemate.Rpc.Ttrpc;

/// <summary>A method that <see cref="TtrpcServer"/> serves: one request, one answer.</summary>
public sealed class TtrpcMethod
{
    private TtrpcMethod(string path, Func<ByteString, CancellationToken, ValueTask<IMessage>> invoke) => (Path, Invoke) = (path, invoke);

    /// <summary>Service and method, such as <c>/package.Service/Method</c>. Compared byte for byte.</summary>
    public string Path { get; }

    /// <summary>Reads a request and answers it.</summary>
    internal Func<ByteString, CancellationToken, ValueTask<IMessage>> Invoke { get; }

    /// <summary>Makes one.</summary>
    /// <typeparam name="TRequest">Message of the request.</typeparam>
    /// <typeparam name="TResponse">Message of the answer.</typeparam>
    /// <param name="path">Service and method: <c>/package.Service/Method</c>.</param>
    /// <param name="parser">Reads requests.</param>
    /// <param name="handler">
    /// Answers, until nobody waits any more. <see cref="RpcException"/> goes to the peer; any other exception is logged and answered as
    /// <see cref="RpcStatus.Internal"/>.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is none.</exception>
    public static TtrpcMethod Unary<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, ValueTask<TResponse>> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage
    {
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(handler);
        TtrpcPath.Split(path);
        return new TtrpcMethod(path, async (payload, cancellationToken) => await handler(Parse(parser, payload), cancellationToken).ConfigureAwait(false));
    }

    private static T Parse<T>(MessageParser<T> parser, ByteString payload)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(RpcStatus.InvalidArgument, "The request is no message of this method.", e);
        }
    }
}
