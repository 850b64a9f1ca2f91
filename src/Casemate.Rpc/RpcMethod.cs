using Casemate.Rpc.Server;
using Google.Protobuf;

namespace Casemate.Rpc;

/// <summary>A method that <see cref="RpcServer"/> serves: its path, and the handler that answers.</summary>
public abstract class RpcMethod
{
    private protected RpcMethod(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path[0] != '/' || path.IndexOf('/', 1) is var slash && (slash <= 1 || slash == path.Length - 1))
        {
            throw new ArgumentException($"'{path}' is no path of a method: write /package.Service/Method.", nameof(path));
        }

        Path = path;
    }

    /// <summary>Service and method, such as <c>/v1beta1.DevicePlugin/Allocate</c>. Compared byte for byte.</summary>
    public string Path { get; }

    /// <summary>True for a method whose calls the server gives up as soon as it stops.</summary>
    internal abstract bool IsStreaming { get; }

    /// <summary>A method with one request and one answer.</summary>
    /// <typeparam name="TRequest">Message of the request.</typeparam>
    /// <typeparam name="TResponse">Message of the answer.</typeparam>
    /// <param name="path">Service and method.</param>
    /// <param name="parser">Reads requests.</param>
    /// <param name="handler">
    /// Answers. <see cref="RpcException"/> goes to the peer; any other exception is logged and answered as
    /// <see cref="RpcStatus.Internal"/>.
    /// </param>
    public static RpcMethod Unary<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<TRequest, RpcContext, ValueTask<TResponse>> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage
    {
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(handler);
        return new UnaryMethod<TRequest, TResponse>(path, parser, handler);
    }

    /// <summary>A method with one request and any number of answers. The call ends when the handler does.</summary>
    /// <typeparam name="TRequest">Message of the request.</typeparam>
    /// <typeparam name="TResponse">Message of the answers.</typeparam>
    /// <param name="path">Service and method.</param>
    /// <param name="parser">Reads requests.</param>
    /// <param name="handler">Answers; errors as for <see cref="Unary"/>.</param>
    public static RpcMethod ServerStream<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<TRequest, IRpcStream<TResponse>, RpcContext, Task> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage
    {
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(handler);
        return new ServerStreamMethod<TRequest, TResponse>(path, parser, handler);
    }

    internal abstract Task InvokeAsync(RpcCall call);
}
