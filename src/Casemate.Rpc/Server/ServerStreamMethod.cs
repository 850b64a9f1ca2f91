using Google.Protobuf;

namespace Casemate.Rpc.Server;

/// <summary>One request, any number of answers.</summary>
internal sealed class ServerStreamMethod<TRequest, TResponse>(
    string path, MessageParser<TRequest> parser, Func<TRequest, IRpcStream<TResponse>, RpcContext, Task> handler) : RpcMethod(path)
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage
{
    internal override bool IsStreaming => true;

    internal override async Task InvokeAsync(RpcCall call)
    {
        var request = await call.ReadRequestAsync(parser).ConfigureAwait(false);
        await handler(request, new ResponseStream<TResponse>(call), call.Context).ConfigureAwait(false);
        call.Context.CancellationToken.ThrowIfCancellationRequested();
    }
}
