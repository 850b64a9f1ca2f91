using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>An informer holds no more than it may.</summary>
public sealed class InformerLimitTests : IAsyncLifetime
{
    private TestApiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestApiServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(3, long.MaxValue)]
    [InlineData(int.MaxValue, 900)]
    public async Task Ends_WithOneClearError_WhenMoreComesThanMayBeHeld(int objects, long bytes)
    {
        using var client = _server.CreateClient();
        var informer = new Informer(client, KubeResource.Leases) { MaxObjects = objects, MaxBytes = bytes };
        var running = Task.Run(async () =>
        {
            await foreach (var change in informer.RunAsync())
            {
                _ = change;
            }
        });
        await _server.UntilAsync(() => _server.OpenWatches > 0);

        for (var i = 0; i < 4; i++)
        {
            _server.Put(KubeResource.Leases, TestObjects.Lease($"l{i}", "me"));
        }

        var failure = await Assert.ThrowsAsync<KubeException>(() => running.SoonAsync());
        Assert.Equal("InformerFull", failure.Reason);
        Assert.Contains("more than may be held", failure.Message, StringComparison.Ordinal);
        Assert.Contains("leases.coordination.k8s.io", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_AtOnce_WhenTheFirstListIsTooMuch()
    {
        for (var i = 0; i < 4; i++)
        {
            _server.Put(KubeResource.Leases, TestObjects.Lease($"l{i}", "me"));
        }

        using var client = _server.CreateClient();
        var stream = new Informer(client, KubeResource.Leases) { MaxObjects = 3 }.RunAsync().GetAsyncEnumerator();

        Assert.Equal("InformerFull", (await Assert.ThrowsAsync<KubeException>(() => stream.MoveNextAsync().AsTask())).Reason);
    }
}
