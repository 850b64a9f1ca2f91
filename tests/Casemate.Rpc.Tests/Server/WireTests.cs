using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Tests.Wire;
using Casemate.Testing;
using Google.Protobuf;
using static Casemate.Rpc.Tests.Wire.RawConnection;

namespace Casemate.Rpc.Tests.Server;

/// <summary>The bytes that the server answers with, and what it makes of bytes that no library would send.</summary>
public sealed class WireTests
{
    private static readonly byte[] Request = new AllocateRequest
    {
        ContainerRequests = { new ContainerAllocateRequest { DevicesIds = { "a" } } },
    }.ToByteArray();

    private static async Task<RawAnswer> AskAsync(RpcFixture fixture, params IEnumerable<RawFrame> frames)
    {
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(frames);
        return await peer.ReadAnswerAsync();
    }

    [Fact]
    public async Task AMessage_IsFollowedByTrailers()
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Request)));

        Assert.Equal("200", answer.HttpStatus);
        Assert.Equal("application/grpc", answer.Header("content-type"));
        Assert.Null(answer.Header("grpc-status"));
        var expected = new AllocateResponse
        {
            ContainerResponses = { new ContainerAllocateResponse { Devices = { new DeviceSpec { HostPath = "/dev/a", Permissions = "rw" } } } },
        };
        Assert.Equal(MessageOf(expected.ToByteArray()), answer.Body);
        Assert.Equal([("grpc-status", "0")], answer.Trailers);
    }

    [Fact]
    public async Task AnErrorWithoutAMessage_IsOneHeaderBlock()
    {
        await using var fixture = await RpcFixture.StartAsync();
        fixture.Allocate = (_, _) => throw new RpcException(RpcStatus.FailedPrecondition, "EPC: 100 % belegt – später");

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Request)));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal("200", answer.HttpStatus);
        Assert.Equal("9", answer.Status);
        Assert.Equal("EPC: 100 %25 belegt %E2%80%93 sp%C3%A4ter", answer.Message);
    }

    [Fact]
    public async Task AnErrorAfterAMessage_IsInTheTrailers()
    {
        await using var fixture = await RpcFixture.StartAsync();
        fixture.ListAndWatch = async (stream, _) =>
        {
            await stream.WriteAsync(new ListAndWatchResponse());
            throw new RpcException(RpcStatus.Aborted, "enough");
        };

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.ListAndWatch), DataOf(MessageOf([])));

        Assert.Equal(MessageOf([]), answer.Body);
        Assert.Equal([("grpc-message", "enough"), ("grpc-status", "10")], answer.Trailers!.Order());
    }

    [Theory]
    [InlineData("/v1beta1.DevicePlugin/allocate")]
    [InlineData("/v1beta1.DevicePlugin/PreStartContainer")]
    [InlineData("/")]
    [InlineData("/v1beta1.DevicePlugin/Allocate/")]
    public async Task AnUnknownMethod_IsUnimplemented(string path)
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(path), DataOf(MessageOf([])));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal("200", answer.HttpStatus);
        Assert.Equal("12", answer.Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("application/grpcx")]
    [InlineData("application/grpc+json")]
    [InlineData("application/grpc-web")]
    public async Task AnotherContentType_IsHttp415(string? contentType)
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate, contentType: contentType), DataOf(MessageOf(Request)));

        Assert.Equal("415", answer.HttpStatus);
        Assert.Null(answer.Status);
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    [InlineData("Application/GRPC; charset=utf-8")]
    public async Task EverySpellingOfTheContentType_IsTaken(string contentType)
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate, contentType: contentType), DataOf(MessageOf(Request)));

        Assert.Equal("0", answer.Status);
    }

    [Fact]
    public async Task AnotherHttpMethod_IsHttp405()
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate, method: "GET", end: true));

        Assert.Equal("405", answer.HttpStatus);
        Assert.Equal("POST", answer.Header("allow"));
    }

    [Fact]
    public async Task ACompressedMessage_IsUnimplemented_AndTheAnswerSaysWhatIsTaken()
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Request, flag: 1)));

        Assert.Equal("12", answer.Status);
        Assert.Equal("identity", answer.Header("grpc-accept-encoding"));
    }

    [Theory]
    [InlineData("0AFF")]
    [InlineData("0AFCFFFFFF470A01330A0134")]                               // a field beyond 2 GiB
    [InlineData("0AFFFFFFFF07")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")]
    [InlineData("FFFFFFFFFF")]
    public async Task AMessageThatIsNoProtobuf_IsInternal_AndNoFaultOfTheMethod(string hex)
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Convert.FromHexString(hex))));

        Assert.Equal(("13", "The message of the request is malformed."), (answer.Status, answer.Message));
        Assert.DoesNotContain(fixture.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFlagThatIsNone_IsInternal()
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Request, flag: 2)));

        Assert.Equal("13", answer.Status);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public async Task ALengthBeyondTheLimit_IsRefusedBeforeTheBodyIsThere(int length)
    {
        await using var fixture = await RpcFixture.StartAsync(options => options with { MaxRequestBytes = 100 });

        var answer = await AskAsync(
            fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf([], length), end: false));

        Assert.Equal("8", answer.Status);
        Assert.Equal($"The request has {(uint)length} bytes; at most 100 are taken.", answer.Message);
    }

    [Fact]
    public async Task ARequestOfTheLimit_IsTaken()
    {
        var request = new AllocateRequest
        {
            ContainerRequests = { new ContainerAllocateRequest { DevicesIds = { new string('d', 96) } } },
        }.ToByteArray();
        Assert.Equal(100, request.Length);
        await using var fixture = await RpcFixture.StartAsync(options => options with { MaxRequestBytes = 100 });

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(request)));

        Assert.Equal("0", answer.Status);
    }

    [Fact]
    public async Task ARequestLargerThanEveryWindow_Arrives()
    {
        var request = new AllocateRequest();
        request.ContainerRequests.Add(new ContainerAllocateRequest());
        request.ContainerRequests[0].DevicesIds.AddRange(Enumerable.Range(0, 100_000).Select(i => $"{i:D10}"));
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await fixture.Client(16 * 1024 * 1024).CallAsync(
            KubeletMethods.Allocate, request, AllocateResponse.Parser, TaskPatience.Limit, CancellationToken.None);

        Assert.Equal(100_000, answer.ContainerResponses.Single().Devices.Count);
    }

    [Theory]
    [InlineData("")]                                                       // no header
    [InlineData("00000000")]                                               // a part of one
    [InlineData("000000000A0A01")]                                         // a part of the message
    public async Task ABodyThatIsCutOff_IsInternal(string hex)
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(Convert.FromHexString(hex)));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal("13", answer.Status);
    }

    [Fact]
    public async Task TwoMessages_AreInternal()
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(
            fixture, HeadersFor(KubeletMethods.Allocate), DataOf([.. MessageOf(Request), .. MessageOf(Request)]));

        Assert.Equal("13", answer.Status);
    }

    [Theory]
    [InlineData("0AFF")]                                                   // a length beyond the end
    [InlineData("08")]                                                     // a field without its value
    [InlineData("0A050A03C3")]                                             // lengths that do not fit each other
    public async Task AMessageThatIsNoProtobuf_IsInternal(string hex)
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Convert.FromHexString(hex))));

        Assert.Equal("13", answer.Status);
        Assert.Equal("The message of the request is malformed.", answer.Message);
    }

    [Fact]
    public async Task AMessageInFramesOfOneByte_IsTaken()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var bytes = MessageOf(Request);

        var answer = await AskAsync(
            fixture,
            [HeadersFor(KubeletMethods.Allocate), .. bytes.Select((octet, i) => DataOf([octet], end: i == bytes.Length - 1))]);

        Assert.Equal("0", answer.Status);
    }

    [Fact]
    public async Task APeerThatDoesNotEndItsStream_IsAnswered()
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Request), end: false));

        Assert.Equal("0", answer.Status);
    }

    [Fact]
    public async Task ARequestThatDoesNotCome_IsGivenUp()
    {
        await using var fixture = await RpcFixture.StartAsync(options => options with { RequestTimeout = TimeSpan.FromMilliseconds(50) });

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf([], 10), end: false));

        Assert.Equal("4", answer.Status);
        Assert.Equal("The request did not come within 0.05 s.", answer.Message);
    }

    [Fact]
    public async Task AFaultOfTheHandler_IsLogged_AndThePeerLearnsNothingOfIt()
    {
        await using var fixture = await RpcFixture.StartAsync();
        fixture.Allocate = (_, _) => throw new InvalidOperationException("the secret of the handler");

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Request)));

        Assert.Equal("13", answer.Status);
        Assert.Equal("The method failed; the log of the server says why.", answer.Message);
        Assert.Contains(
            fixture.Log,
            line => line.StartsWith("Error 3712", StringComparison.Ordinal) && line.Contains("the secret of the handler", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BytesThatAreNoHttp2_HurtNobodyElse()
    {
        await using var fixture = await RpcFixture.StartAsync();
        using var noise = await ConnectAsync(fixture.SocketPath);
        await noise.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        using var silent = await ConnectAsync(fixture.SocketPath);

        var answer = await AskAsync(fixture, HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf(Request)));

        Assert.Equal("0", answer.Status);
    }
}
