using Google.Protobuf;

namespace Casemate.Rpc.Server;

/// <summary>One request, one answer.</summary>
internal sealed class UnaryMethod<TRequest, TResponse>(
    string path, MessageParser<TRequest> parser, Func<TRequest, RpcContext, ValueTask<TResponse>> handler) : RpcMethod(path)
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage
{
    internal override bool IsStreaming => false;

    internal override async Task InvokeAsync(RpcCall call)
    {
        var request = await call.ReadRequestAsync(parser).ConfigureAwait(false);
        var response = await handler(request, call.Context).ConfigureAwait(false);
        call.Context.CancellationToken.ThrowIfCancellationRequested();
        call.WriteMessage(response);
    }
}
