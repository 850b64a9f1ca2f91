using Casemate.Quoting.Aesm;
using static Casemate.Quoting.Tests.Aesm.RawClient;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>Clients that do not stay until their answer is there.</summary>
public sealed class HangUpTests
{
    private static byte[] Request { get; } = Frame(
        17, [.. Field(1, TestServer.Report), .. Field(2, AttestationKeyId.IntelQe3.Bytes.Span), .. Field(4, 8192)]);

    [Fact]
    public async Task AClientThatHangsUp_LeavesTheQueue()
    {
        await using var server = new TestServer();
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        await PrepareAsync(server, async cancellationToken =>
        {
            asked.SetResult();
            await using var leaving = cancellationToken.Register(left.SetResult);
            await left.Task;
            cancellationToken.ThrowIfCancellationRequested();
        });
        using (var client = server.Connect())
        {
            await client.SendAsync(Request);
            await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            server.Clock.Advance(server.Server.Options.WatchInterval);
            Assert.False(left.Task.IsCompleted);
        }

        server.Clock.Advance(server.Server.Options.WatchInterval);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal("dropped: the peer hung up before its answer was there", await server.Events.WaitAsync("dropped"));
    }

    [Fact]
    public async Task AClientThatOnlySendsNoMore_GetsItsAnswer()
    {
        await using var server = new TestServer();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await PrepareAsync(server, async cancellationToken =>
        {
            asked.SetResult();
            await answer.Task.WaitAsync(cancellationToken);
        });
        using var client = server.Connect();
        await client.SendAsync(Request);
        client.EndSending();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        server.Clock.Advance(server.Server.Options.WatchInterval);
        answer.SetResult();

        Assert.True((await client.ReceiveAsync())!.Length > 4000);
        Assert.Contains("answered GetQuoteEx: Success", server.Events.Lines);
    }

    [Fact]
    public async Task AStop_GivesUpWhatIsNotDone_WithTheCodeForIt()
    {
        await using var server = new TestServer();
        var asked = new TaskCompletionSource();
        await PrepareAsync(server, async cancellationToken =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        });
        using var client = server.Connect();
        await client.SendAsync(Request);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var stopping = server.Server.StopAsync(new CancellationToken(canceled: true));

        Assert.Equal(Frame(17, Field(1, (ulong)AesmError.ServiceStopped))[4..], await client.ReceiveAsync());
        await stopping;
    }

    private static async Task PrepareAsync(TestServer server, Func<CancellationToken, Task> beforeQuote)
    {
        await server.Client.InitialiseAsync(AttestationKeyId.IntelQe3, TestContext.Current.CancellationToken);
        server.Service.BeforeQuote = beforeQuote;
    }
}
