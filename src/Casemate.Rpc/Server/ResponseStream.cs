using Google.Protobuf;

namespace Casemate.Rpc.Server;

/// <summary>The answers of one server-streaming call.</summary>
internal sealed class ResponseStream<TResponse>(RpcCall call) : IRpcStream<TResponse>
    where TResponse : IMessage
{
    public ValueTask WriteAsync(TResponse message)
    {
        call.Context.CancellationToken.ThrowIfCancellationRequested();
        call.WriteMessage(message);
        return call.FlushAsync();
    }

    public ValueTask WriteEncodedAsync(IRpcEncodedMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        call.Context.CancellationToken.ThrowIfCancellationRequested();
        cancellationToken.ThrowIfCancellationRequested();
        return call.WriteEncodedAsync(message, cancellationToken);
    }
}
