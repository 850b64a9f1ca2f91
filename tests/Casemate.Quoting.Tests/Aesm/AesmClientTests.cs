using System.Net.Sockets;
using Casemate.Quoting.Aesm;
using Casemate.Testing;
using static Casemate.Quoting.Tests.Aesm.RawClient;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>Our client, against our server and against servers that answer badly.</summary>
public sealed class AesmClientTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public static TheoryData<string, byte[]> BadAnswers => new()
    {
        { "closed the connection", [] },
        { "closed the connection", [1, 0] },
        { "announced an answer of 4294967295 bytes", [0xFF, 0xFF, 0xFF, 0xFF] },
        { "announced an answer of 0 bytes", Length(0) },
        { "what is no response", [.. Length(2), 0xFF, 0xFF] },
        { "what is no response", Frame(21) },
        { "what is no response", Frame(99, 1) },
        { "a response to another message", Frame(22, [.. Field(1, 0)]) },
        { "answered 30 (ServiceUnavailable)", Frame(21, Field(1, 30)) },
        { "success without the number", Frame(21, Field(1, 0)) },
    };

    [Fact]
    public async Task PerformsBothSequences()
    {
        await using var server = new TestServer();
        ReadOnlyMemory<byte> Report(ReadOnlyMemory<byte> target) => TestServer.Machine.Report(TestServer.Enclave, target.Span, TestServer.ReportData);

        var first = await server.Client.QuoteAsOpenEnclaveAsync(Report, TestContext.Current.CancellationToken);
        var second = await server.Client.QuoteAsGramineAsync(Report, TestContext.Current.CancellationToken);

        Assert.Equal(TestServer.Machine.QuotingEnclave.QuoteSize, first.Length);
        Assert.Equal(first.Length, second.Length);
        Assert.Equal(
            AttestationKeyId.IntelQe3.Bytes.ToArray(),
            (await server.Client.SelectKeyIdAsync(default, TestContext.Current.CancellationToken)).Bytes.ToArray());
    }

    [Fact]
    public async Task SaysWhatTheServiceAnswered_AndWhatToDo()
    {
        await using var server = new TestServer();
        await server.Client.InitialiseAsync(AttestationKeyId.IntelQe3, TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<AesmClientException>(async () => await server.Client.GetQuoteAsync(
            AttestationKeyId.IntelQe3, new QuoteRequest(new byte[432], default), 8192, TestContext.Current.CancellationToken));

        Assert.Equal(AesmError.InvalidReport, refusal.Error);
        Assert.Equal(AesmErrorText.Remedy(AesmError.InvalidReport), refusal.Remedy);
    }

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task Refuses_WhatIsNoProperAnswer(string expected, byte[] answer)
    {
        using var directory = new TemporaryDirectory();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(directory.File("s")));
        listener.Listen();
        var serving = ServeOnceAsync(listener, answer);

        var refusal = await Assert.ThrowsAsync<AesmClientException>(
            async () => await AesmClient.ForPath(directory.File("s"), s_timeout).GetKeyIdCountAsync(TestContext.Current.CancellationToken));

        Assert.Contains(expected, refusal.Message);
        Assert.NotEqual("", refusal.Remedy);
        await serving;
    }

    [Fact]
    public async Task SaysThatNobodyListens()
    {
        using var directory = new TemporaryDirectory();
        var refusal = await Assert.ThrowsAsync<AesmClientException>(
            async () => await AesmClient.ForPath(directory.File("s"), s_timeout).GetKeyIdCountAsync(TestContext.Current.CancellationToken));
        Assert.Contains("cannot be reached", refusal.Message);
    }

    [Fact]
    public async Task GivesUp_WhenTheTimeIsOver()
    {
        using var directory = new TemporaryDirectory();
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(directory.File("s")));
        silent.Listen();
        var client = AesmClient.ForPath(directory.File("s"), TimeSpan.FromMilliseconds(50));

        var refusal = await Assert.ThrowsAsync<AesmClientException>(
            async () => await client.GetKeyIdCountAsync(TestContext.Current.CancellationToken));
        Assert.Contains("no answer", refusal.Message);
    }

    private static async Task ServeOnceAsync(Socket listener, byte[] answer)
    {
        using var connection = await listener.AcceptAsync();
        await connection.ReceiveAsync(new byte[1000]);
        await connection.SendAsync(answer);
        connection.Shutdown(SocketShutdown.Send);
        await connection.ReceiveAsync(new byte[1]);
    }
}
