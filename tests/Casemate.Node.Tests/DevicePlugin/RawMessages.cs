using Casemate.Rpc;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Testing;
using Google.Protobuf;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>
/// Calls and answers whose messages are bytes: none of our message types takes part, so that what is compared with a decoder of others is
/// what stood on the wire. An empty message keeps every field that it does not know.
/// </summary>
internal static class RawMessages
{
    /// <summary>Calls a method and gives the bytes of its answer.</summary>
    public static async Task<byte[]> CallAsync(string socket, string method, byte[] request)
    {
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = socket });
        var answer = await client.CallAsync(method, Empty.Parser.ParseFrom(request), Empty.Parser, TaskPatience.Limit, CancellationToken.None);
        return answer.ToByteArray();
    }

    /// <summary>Calls a method and gives the bytes of the first message of its answer.</summary>
    public static async Task<byte[]> FirstOfAsync(string socket, string method, byte[] request)
    {
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = socket });
        await foreach (var answer in client.StreamAsync(method, Empty.Parser.ParseFrom(request), Empty.Parser, TaskPatience.Limit))
        {
            return answer.ToByteArray();
        }

        throw new EndOfStreamException($"{method} ended without a message");
    }

    /// <summary>A method that keeps the bytes of its requests and answers with bytes.</summary>
    public static RpcMethod Take(string method, Action<byte[]> request, byte[] answer) => RpcMethod.Unary<Empty, Empty>(
        method, Empty.Parser, (message, _) =>
        {
            request(message.ToByteArray());
            return ValueTask.FromResult(Empty.Parser.ParseFrom(answer));
        });
}
