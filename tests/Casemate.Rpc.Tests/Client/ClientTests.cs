using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Tests.Wire;
using Casemate.Testing;
using Google.Protobuf;
using static Casemate.Rpc.Tests.Wire.RawConnection;

namespace Casemate.Rpc.Tests.Client;

/// <summary>What the client makes of answers, also of those that no library would send.</summary>
public sealed class ClientTests
{
    private static readonly RawFrame Message = DataOf(MessageOf([]), end: false);

    public static TheoryData<string, RpcStatus, string, RawFrame[]> Failures => new()
    {
        { "status in the headers alone", RpcStatus.Aborted, "später: 5 %", [Only(("grpc-status", "10"), ("grpc-message", "sp%C3%A4ter: 5 %25"))] },
        { "status after a message", RpcStatus.Unavailable, "", [RawServer.Begin(), Message, RawServer.End(("grpc-status", "14"))] },
        { "no status", RpcStatus.Internal, "The answer ended without a status.", [RawServer.Begin(), Message, RawServer.End(("x", "y"))] },
        { "no trailers", RpcStatus.Internal, "The answer ended without a status.", [RawServer.Begin(), DataOf(MessageOf([]))] },
        { "a status that gRPC does not know", RpcStatus.Unknown, "The server sent the status '17', which gRPC does not know.", [Only(("grpc-status", "17"))] },
        { "a status that is no number", RpcStatus.Unknown, "The server sent the status 'ok', which gRPC does not know.", [Only(("grpc-status", "ok"))] },
        { "success without a message", RpcStatus.Internal, "The answer has no message.", [Only(("grpc-status", "0"))] },
        { "two messages", RpcStatus.Internal, "The answer has more than one message.", [RawServer.Begin(), Message, Message, RawServer.End(("grpc-status", "0"))] },
        { "a compressed message", RpcStatus.Internal, "A message of the answer is compressed, which was not offered.", [RawServer.Begin(), DataOf(MessageOf([], flag: 1), end: false)] },
        { "a flag that is none", RpcStatus.Internal, "The answer does not consist of messages.", [RawServer.Begin(), DataOf(MessageOf([], flag: 9), end: false)] },
        { "a length beyond the limit", RpcStatus.ResourceExhausted, "A message of the answer has 4194305 bytes; at most 4194304 are taken.", [RawServer.Begin(), DataOf(MessageOf([], 4_194_305), end: false)] },
        { "the longest length", RpcStatus.ResourceExhausted, "A message of the answer has 4294967295 bytes; at most 4194304 are taken.", [RawServer.Begin(), DataOf(MessageOf([], -1), end: false)] },
        { "a message that is cut off", RpcStatus.Internal, "The answer ends within a message.", [RawServer.Begin(), DataOf(MessageOf([], 3))] },
        { "a header that is cut off", RpcStatus.Internal, "The answer ends within a message.", [RawServer.Begin(), DataOf([0, 0])] },
        { "a message cut off by an error", RpcStatus.Cancelled, "enough", [RawServer.Begin(), DataOf([0, 0], end: false), RawServer.End(("grpc-status", "1"), ("grpc-message", "enough"))] },
        { "a message that is no protobuf", RpcStatus.Internal, "A message of the answer is malformed.", [RawServer.Begin(), DataOf(MessageOf([0x0A, 0xFF]), end: false)] },
        { "a field beyond 2 GiB", RpcStatus.Internal, "A message of the answer is malformed.", [RawServer.Begin(), DataOf(MessageOf([0x0A, 0xFC, 0xFF, 0xFF, 0xFF, 0x47, 0x0A, 0x01, 0x33, 0x0A, 0x01, 0x34]), end: false)] },
        { "HTTP 503", RpcStatus.Unavailable, "The server answered with HTTP status 503 and no gRPC status.", [Http("503")] },
        { "HTTP 404", RpcStatus.Unimplemented, "The server answered with HTTP status 404 and no gRPC status.", [Http("404")] },
        { "HTTP 403", RpcStatus.PermissionDenied, "The server answered with HTTP status 403 and no gRPC status.", [Http("403")] },
        { "HTTP 401", RpcStatus.Unauthenticated, "The server answered with HTTP status 401 and no gRPC status.", [Http("401")] },
        { "HTTP 400", RpcStatus.Internal, "The server answered with HTTP status 400 and no gRPC status.", [Http("400")] },
        { "HTTP 302", RpcStatus.Unknown, "The server answered with HTTP status 302 and no gRPC status.", [Http("302")] },
        { "another content type", RpcStatus.Unknown, "The server's answer is not gRPC.", [Html()] },
    };

    public static TheoryData<byte, RpcStatus> Resets => new()
    {
        { 0, RpcStatus.Unavailable }, { 1, RpcStatus.Internal }, { 2, RpcStatus.Internal }, { 8, RpcStatus.Cancelled },
        { 11, RpcStatus.ResourceExhausted }, { 12, RpcStatus.PermissionDenied },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task AnAnswerThatIsNone_IsAnError(string answer, RpcStatus status, string detail, RawFrame[] frames)
    {
        Assert.NotEmpty(answer);
        using var server = new RawServer();
        await using var client = ClientOf(server);
        var call = CallAsync(client);
        using var connection = (await server.AnswerAsync(frames)).Connection;

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.SoonAsync());

        Assert.Equal((status, detail), (failure.Status, failure.Detail));
    }

    [Theory]
    [MemberData(nameof(Resets))]
    public async Task AStreamThatIsBrokenOff_IsAnError(byte code, RpcStatus status)
    {
        using var server = new RawServer();
        await using var client = ClientOf(server);
        var call = CallAsync(client);
        using var connection =
            (await server.AnswerAsync(RawServer.Begin(), new RawFrame(RawFrame.Reset, 0, 1, [0, 0, 0, code]))).Connection;

        Assert.Equal(status, (await Assert.ThrowsAsync<RpcException>(() => call.SoonAsync())).Status);
    }

    // Last stream 1: the call had been accepted when the server went, so nothing below the client calls again of its own accord.
    [Theory]
    [InlineData(0, RpcStatus.Unavailable)]
    [InlineData(2, RpcStatus.Internal)]
    [InlineData(11, RpcStatus.ResourceExhausted)]
    public async Task AServerThatSaysGoAway_AndCloses_IsAnError(byte code, RpcStatus status)
    {
        using var server = new RawServer();
        await using var client = ClientOf(server);
        var call = CallAsync(client);
        using var connection = (await server.AnswerAsync(new RawFrame(RawFrame.GoAway, 0, 0, [0, 0, 0, 1, 0, 0, 0, code]))).Connection;
        connection.StopSending();

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.SoonAsync());

        Assert.True(failure.Status == status, failure.ToString());
        Assert.Contains(" broke the call off: ", failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AConnectionThatIsClosed_IsUnavailable()
    {
        using var server = new RawServer();
        await using var client = ClientOf(server);
        var call = CallAsync(client);
        (await server.AnswerAsync()).Connection.Dispose();

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.SoonAsync());

        Assert.Equal(RpcStatus.Unavailable, failure.Status);
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task ASocketThatIsNotThere_IsUnavailable()
    {
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = "/nowhere/p.sock" });

        var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(client).SoonAsync());

        Assert.Equal(RpcStatus.Unavailable, failure.Status);
        Assert.Equal("/nowhere/p.sock cannot be reached: there is no such socket.", failure.Detail);
    }

    [Fact]
    public async Task ATimeThatIsOver_IsDeadlineExceeded()
    {
        using var server = new RawServer();
        await using var client = ClientOf(server);
        var call = CallAsync(client, TimeSpan.FromMilliseconds(1));

        Assert.Equal(RpcStatus.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.SoonAsync())).Status);
    }

    [Fact]
    public async Task ACallThatIsGivenUp_ThrowsThat_AndTellsTheServer()
    {
        using var server = new RawServer();
        await using var client = ClientOf(server);
        using var given = new CancellationTokenSource();
        var call = CallAsync(client, cancellationToken: given.Token);
        using var connection = (await server.AnswerAsync(RawServer.Begin())).Connection;

        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.SoonAsync());
        Assert.Equal([0, 0, 0, 8], (await connection.ReadToAsync(RawFrame.Reset)).Payload);
    }

    [Fact]
    public async Task LeavingTheLoop_GivesTheStreamUp()
    {
        using var server = new RawServer();
        await using var client = ClientOf(server);
        var answer = server.AnswerAsync(RawServer.Begin(), Message);
        await foreach (var list in client.StreamAsync(KubeletMethods.ListAndWatch, new Empty(), ListAndWatchResponse.Parser, TaskPatience.Limit))
        {
            Assert.Empty(list.Devices);
            break;
        }

        using var connection = (await answer.SoonAsync()).Connection;
        Assert.Equal([0, 0, 0, 8], (await connection.ReadToAsync(RawFrame.Reset)).Payload);
    }

    [Fact]
    public async Task TheRequest_IsOneMessage()
    {
        var request = new RegisterRequest { Version = "v1beta1", Endpoint = "p.sock", ResourceName = "sgx.intel.com/epc" };
        using var server = new RawServer();
        await using var client = ClientOf(server);
        var call = client.CallAsync(KubeletMethods.Register, request, Empty.Parser, TimeSpan.FromMinutes(1), CancellationToken.None);
        var (connection, body) = await server.AnswerAsync(RawServer.Begin(), Message, RawServer.End(("grpc-status", "0")));
        using var _ = connection;

        await call.SoonAsync();
        Assert.Equal(MessageOf(request.ToByteArray()), body);
    }

    [Fact]
    public async Task AMessageInFramesOfOneByte_IsTaken()
    {
        var bytes = MessageOf(new AllocateResponse { ContainerResponses = { new ContainerAllocateResponse() } }.ToByteArray());
        using var server = new RawServer();
        await using var client = ClientOf(server);
        var call = CallAsync(client);
        using var connection = (await server.AnswerAsync(
            [RawServer.Begin(), .. bytes.Select(octet => DataOf([octet], end: false)), RawServer.End(("grpc-status", "0"))])).Connection;

        Assert.Single((await call.SoonAsync()).ContainerResponses);
    }

    [Fact]
    public async Task AServerThatComesBack_IsCalledAgain()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var client = fixture.Client();
        await CallAsync(client).SoonAsync();
        await fixture.Server.DisposeAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(client).SoonAsync());
        Assert.True(failure.Status is RpcStatus.Unavailable, failure.ToString());

        await using var again = await RpcServer.StartAsync(
            new RpcServerOptions
            {
                SocketPath = fixture.SocketPath,
                Methods =
                [
                    RpcMethod.Unary<AllocateRequest, AllocateResponse>(
                        KubeletMethods.Allocate, AllocateRequest.Parser, (_, _) => ValueTask.FromResult(new AllocateResponse())),
                ],
            },
            CancellationToken.None);

        Assert.Empty((await CallAsync(client).SoonAsync()).ContainerResponses);
    }

    private static RpcClient ClientOf(RawServer server) => new(new RpcClientOptions { SocketPath = server.SocketPath });

    private static Task<AllocateResponse> CallAsync(
        RpcClient client, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        client.CallAsync(KubeletMethods.Allocate, new AllocateRequest(), AllocateResponse.Parser, timeout, cancellationToken);

    private static RawFrame Only(params IEnumerable<(string, string)> fields)
    {
        var headers = RawServer.Begin(fields);
        return headers with { Flags = (byte)(headers.Flags | RawFrame.EndStream) };
    }

    private static RawFrame Http(string status) => RawServer.End((":status", status));

    private static RawFrame Html() => RawServer.End((":status", "200"), ("content-type", "text/html"));
}
