using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>What containers wrote, within bounds.</summary>
public sealed class LogTests : IAsyncLifetime
{
    private TestApiServer _server = null!;
    private KubeClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _client = _server.CreateClient();
        _server.PutLog("x", "p", "main", "one\r\ntwo\n\nno end");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Reads_LineAfterLine()
    {
        Assert.Equal(["one", "two", "", "no end"], await LinesAsync(null));

        Assert.Equal(["no end"], await LinesAsync(new KubeLogOptions { Container = "main", TailLines = 1 }));
        Assert.Equal("1", _server.Requests[^1].Query["tailLines"]);
    }

    [Fact]
    public async Task Cuts_ALongLine_IntoPieces() => Assert.Equal(
        ["one", "two", "", "no e", "nd"], await LinesAsync(new KubeLogOptions { MaxLineBytes = 4 }));

    [Fact]
    public async Task Stops_AtTheLimit_AndSaysSo()
    {
        var told = 0;
        Assert.Equal(["one", "tw"], await LinesAsync(new KubeLogOptions { MaxBytes = 7, Truncated = () => told++ }));
        Assert.Equal(1, told);

        await LinesAsync(new KubeLogOptions { MaxBytes = 16, Truncated = () => told++ });
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task Reads_LargeOutput_WithoutLosingAnything()
    {
        var lines = Enumerable.Range(0, 20_000).Select(i => $"line {i} {new string('x', i % 97)}").ToList();
        _server.PutLog("x", "p", "main", string.Join('\n', lines) + "\n");

        Assert.Equal(lines, await LinesAsync(null));
    }

    [Fact]
    public async Task Says_ThereIsNoSuchContainer() => Assert.True((await Assert.ThrowsAsync<KubeException>(
        () => LinesAsync(new KubeLogOptions { Container = "other" }))).IsNotFound);

    private async Task<List<string>> LinesAsync(KubeLogOptions? options)
    {
        var lines = new List<string>();
        await foreach (var line in _client.ReadLogAsync("x", "p", options))
        {
            lines.Add(line);
        }

        return lines;
    }
}
