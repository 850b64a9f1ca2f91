using System.Net.Sockets;
using Casemate.Rpc.Client;

namespace Casemate.Rpc.Tests.Client;

/// <summary>What the error codes of HTTP/2 (RFC 9113, section 7) and a lost connection stand for.</summary>
public sealed class ClientFailureTests
{
    public static TheoryData<string, long, RpcStatus> Codes => new()
    {
        { "NO_ERROR", 0, RpcStatus.Unavailable },
        { "PROTOCOL_ERROR", 1, RpcStatus.Internal },
        { "INTERNAL_ERROR", 2, RpcStatus.Internal },
        { "FLOW_CONTROL_ERROR", 3, RpcStatus.Internal },
        { "SETTINGS_TIMEOUT", 4, RpcStatus.Internal },
        { "STREAM_CLOSED", 5, RpcStatus.Internal },
        { "FRAME_SIZE_ERROR", 6, RpcStatus.Internal },
        { "REFUSED_STREAM", 7, RpcStatus.Unavailable },
        { "CANCEL", 8, RpcStatus.Cancelled },
        { "COMPRESSION_ERROR", 9, RpcStatus.Internal },
        { "CONNECT_ERROR", 10, RpcStatus.Internal },
        { "ENHANCE_YOUR_CALM", 11, RpcStatus.ResourceExhausted },
        { "INADEQUATE_SECURITY", 12, RpcStatus.PermissionDenied },
        { "HTTP_1_1_REQUIRED", 13, RpcStatus.Internal },
        { "the first that is not assigned", 14, RpcStatus.Internal },
        { "the last that a frame can carry", uint.MaxValue, RpcStatus.Internal },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void AnErrorCode_HasItsStatus_WhereverTheExceptionStands(string name, long code, RpcStatus status)
    {
        var protocol = new HttpProtocolException(code, $"The end: {name}", innerException: null);

        var atOnce = ClientFailure.OfTransport(protocol, "/p.sock");
        var wrapped = ClientFailure.OfTransport(new HttpRequestException("No answer.", new IOException("Lost.", protocol)), "/p.sock");

        Assert.Equal((status, $"/p.sock broke the call off: {protocol.Message}."), (atOnce.Status, atOnce.Detail));
        Assert.Equal((status, atOnce.Detail), (wrapped.Status, wrapped.Detail));
    }

    [Fact]
    public void AConnectionLostWithoutAWord_IsUnavailable()
    {
        var failure = new HttpRequestException(
            "Sending failed.", new IOException("Lost.", new SocketException((int)SocketError.ConnectionReset, "Reset by the peer.")));

        var status = ClientFailure.OfTransport(failure, "/p.sock");

        Assert.Equal((RpcStatus.Unavailable, "/p.sock cannot be reached: Reset by the peer."), (status.Status, status.Detail));
        Assert.Same(failure, status.InnerException);
    }

    [Fact]
    public void AConnectionThatIsGone_IsCalledClosed_InOneLine()
    {
        var status = ClientFailure.OfTransport(new HttpRequestException("Sending failed.", new ObjectDisposedException("NetworkStream")), "/p.sock");

        Assert.Equal((RpcStatus.Unavailable, "/p.sock cannot be reached: the connection was closed."), (status.Status, status.Detail));
    }
}
