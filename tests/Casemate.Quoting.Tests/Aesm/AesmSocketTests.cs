using System.Net.Sockets;
using System.Runtime.Versioning;
using Casemate.Quoting.Aesm;
using Casemate.Testing;
using static Casemate.Quoting.Tests.Aesm.RawClient;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>The life of the sockets: how they appear, survive and end.</summary>
[SupportedOSPlatform("linux")]
public sealed class AesmSocketTests
{
    [Fact]
    public async Task Listen_MakesDirectoryAndSocket_WithTheModesOfTheOptions()
    {
        await using var server = new TestServer();
        Assert.Equal((UnixFileMode)0x1B6, File.GetUnixFileMode(server.Path));                           // 0666, whatever the umask
        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(Path.GetDirectoryName(server.Path)!));   // 0755
        Assert.Equal($"listening {server.Path}", server.Events.Lines.First());
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(server.Path)!, ".aesm-*"));
    }

    [Fact]
    public async Task Listen_TakesAnotherMode()
    {
        await using var server = new TestServer(new AesmServerOptions { SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.Path));
    }

    [Fact]
    public async Task Listen_ReplacesASocketThatADeadProcessLeft()
    {
        await using var server = new TestServer(listen: false);
        Directory.CreateDirectory(Path.GetDirectoryName(server.Path)!);
        await LeaveDeadSocketAsync(server.Path);
        Assert.True(File.Exists(server.Path));

        server.Server.Listen(server.Path);

        Assert.Equal(1u, await server.Client.GetKeyIdCountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Listen_LeavesALiveSocketAlone()
    {
        await using var first = new TestServer();
        await using var second = new TestServer(listen: false);

        var refusal = Assert.Throws<AesmEndpointException>(() => second.Server.Listen(first.Path));

        Assert.StartsWith($"Another process listens on {first.Path}", refusal.Message);
        Assert.Equal(1u, await first.Client.GetKeyIdCountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Listen_LeavesAFileThatIsNoSocketAlone()
    {
        await using var server = new TestServer(listen: false);
        Directory.CreateDirectory(Path.GetDirectoryName(server.Path)!);
        await File.WriteAllTextAsync(server.Path, "mine");

        Assert.Contains("is not a socket", Assert.Throws<AesmEndpointException>(() => server.Server.Listen(server.Path)).Message);
        Assert.Equal("mine", await File.ReadAllTextAsync(server.Path));
    }

    [Fact]
    public async Task Listen_RefusesAPathThatIsTooLong()
    {
        await using var server = new TestServer(listen: false);
        var path = server.File(new string('d', 100) + "/aesm.socket");
        Assert.Contains("too long", Assert.Throws<AesmEndpointException>(() => server.Server.Listen(path)).Message);
    }

    [Fact]
    public async Task ListenAbstract_RefusesANameInUse()
    {
        await using var first = new TestServer();
        await using var second = new TestServer();
        var name = "casemate-test-" + Guid.NewGuid().ToString("N");
        first.Server.ListenAbstract(name);

        Assert.Throws<AesmEndpointException>(() => second.Server.ListenAbstract(name));
        var client = AesmClient.ForAbstractName(name, TimeSpan.FromSeconds(30));
        Assert.Equal(1u, await client.GetKeyIdCountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ADeletedFile_IsMadeAgain_AndConnectionsGoOn()
    {
        await using var server = new TestServer();
        using var before = server.Connect();
        Assert.NotNull(await before.ExchangeAsync(Frame(21)));
        File.Delete(server.Path);

        server.Clock.Advance(TimeSpan.FromMilliseconds(250));

        Assert.Equal($"restored {server.Path}", await server.Events.WaitAsync("restored"));
        Assert.Equal(1u, await server.Client.GetKeyIdCountAsync(TestContext.Current.CancellationToken));
        Assert.NotNull(await before.ExchangeAsync(Frame(21)));
    }

    [Fact]
    public async Task ADeletedDirectory_IsMadeAgain()
    {
        await using var server = new TestServer();
        Directory.Delete(Path.GetDirectoryName(server.Path)!, recursive: true);
        server.Clock.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(1u, await server.Client.GetKeyIdCountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AFileThatAnotherPutThere_IsReportedOnce_AndLeftAlone()
    {
        await using var server = new TestServer();
        File.Delete(server.Path);
        await File.WriteAllTextAsync(server.Path, "mine");

        server.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Single(server.Events.Lines, line => line.StartsWith("lost", StringComparison.Ordinal));
        await server.Server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal("mine", await File.ReadAllTextAsync(server.Path));
    }

    [Fact]
    public async Task Stop_RemovesTheSocket_AndClosesIdleConnections()
    {
        await using var server = new TestServer();
        using var idle = server.Connect();
        Assert.NotNull(await idle.ExchangeAsync(Frame(21)));

        await server.Server.StopAsync(TestContext.Current.CancellationToken);

        Assert.False(File.Exists(server.Path));
        Assert.Null(await idle.ReceiveAsync());
        Assert.Equal(0, server.Server.ConnectionCount);
    }

    [Fact]
    public async Task Stop_LetsARequestUnderWayHaveItsAnswer()
    {
        await using var server = new TestServer();
        var (client, release) = await StartQuoteAsync(server);
        var stop = server.Server.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(stop.IsCompleted);

        release.SetResult();

        Assert.True((await client.ReceiveAsync())!.Length > 4000);
        await stop;
        client.Dispose();
    }

    [Fact]
    public async Task Stop_WithoutPatience_AnswersServiceStopped()
    {
        await using var server = new TestServer();
        var (client, _) = await StartQuoteAsync(server);

        await server.Server.StopAsync(new CancellationToken(canceled: true));

        Assert.Equal(Frame(17, Field(1, 17))[4..], await client.ReceiveAsync());
        client.Dispose();
    }

    [Fact]
    public async Task Close_EndsOneSocket_AndLeavesTheOthers()
    {
        await using var server = new TestServer();
        var second = server.File("second/aesm.socket");
        server.Server.Listen(second);

        Assert.True(server.Server.Close(server.Path));
        Assert.False(server.Server.Close(server.Path));

        Assert.False(File.Exists(server.Path));
        var client = AesmClient.ForPath(second, TimeSpan.FromSeconds(30));
        Assert.Equal(1u, await client.GetKeyIdCountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Options_AreCheckedAllAtOnce()
    {
        var options = new AesmServerOptions { Backlog = 0, MaximumConnections = 0, ReadTimeout = TimeSpan.Zero };
        var refusal = Assert.Throws<ArgumentException>(
            () => new AesmServer(new PassThroughQuoteService(null!), options, TimeProvider.System));
        Assert.Contains("Backlog is 0", refusal.Message);
        Assert.Contains("MaximumConnections is 0", refusal.Message);
        Assert.Contains("ReadTimeout", refusal.Message);
    }

    private static async Task<(RawClient Client, TaskCompletionSource Release)> StartQuoteAsync(TestServer server)
    {
        await server.Client.InitialiseAsync(AttestationKeyId.IntelQe3, TestContext.Current.CancellationToken);
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        server.Service.BeforeQuote = async cancellationToken =>
        {
            started.TrySetResult();
            await release.Task.WaitAsync(cancellationToken);
        };
        var client = server.Connect();
        await client.SendAsync(
            Frame(17, [.. Field(1, TestServer.Report), .. Field(2, AttestationKeyId.IntelQe3.Bytes.Span), .. Field(4, 8192)]));
        await started.Task;
        return (client, release);
    }

    // The base library removes the file of a socket that it closes, so another program has to leave one.
    private static async Task LeaveDeadSocketAsync(string path)
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/python3"), "'python3' is not installed (Debian: apt-get install python3)");
        var program = $"import socket; s = socket.socket(socket.AF_UNIX); s.bind('{path}'); s.listen()";
        Assert.Equal(0, (await ChildProgram.RunAsync("python3", ["-c", program])).ExitCode);
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Throws<SocketException>(() => probe.Connect(new UnixDomainSocketEndPoint(path)));
    }
}
