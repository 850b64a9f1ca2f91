using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;

namespace Casemate.Rpc.Tests;

/// <summary>Calls between our own client and server.</summary>
public sealed class CallTests
{
    private static readonly TimeSpan Ample = TimeSpan.FromMinutes(1);

    private static AllocateRequest RequestOf(params string[] ids) =>
        new() { ContainerRequests = { new ContainerAllocateRequest { DevicesIds = { ids } } } };

    [Fact]
    public async Task Unary_BringsTheAnswer()
    {
        await using var fixture = await RpcFixture.StartAsync();

        var answer = await fixture.Client().CallAsync(
            KubeletMethods.Allocate, RequestOf("a", "b"), AllocateResponse.Parser, Ample, CancellationToken.None);

        Assert.Equal(["/dev/a", "/dev/b"], answer.ContainerResponses.Single().Devices.Select(device => device.HostPath));
    }

    [Fact]
    public async Task Unary_SendsErrorsWithTheirText()
    {
        await using var fixture = await RpcFixture.StartAsync();
        fixture.Allocate = (_, _) => throw new RpcException(RpcStatus.ResourceExhausted, "4 MiB verfügbar, 8 gewünscht: 100 % belegt\n");

        var failure = await Assert.ThrowsAsync<RpcException>(() => fixture.Client().CallAsync(
            KubeletMethods.Allocate, RequestOf("a"), AllocateResponse.Parser, Ample, CancellationToken.None));

        Assert.Equal(RpcStatus.ResourceExhausted, failure.Status);
        Assert.Equal("4 MiB verfügbar, 8 gewünscht: 100 % belegt\n", failure.Detail);
    }

    [Fact]
    public async Task Stream_BringsEachMessageWhenItIsSent()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var go = new SemaphoreSlim(0);
        fixture.ListAndWatch = async (stream, context) =>
        {
            for (var i = 0; i < 3; i++)
            {
                await stream.WriteAsync(new ListAndWatchResponse { Devices = { new Device { ID = $"epc-{i}" } } });
                await go.WaitAsync(context.CancellationToken);
            }
        };

        var ids = new List<string>();
        await foreach (var list in fixture.Client().StreamAsync(KubeletMethods.ListAndWatch, new Empty(), ListAndWatchResponse.Parser, Ample))
        {
            ids.Add(list.Devices.Single().ID);
            go.Release();
        }

        Assert.Equal(["epc-0", "epc-1", "epc-2"], ids);
    }
}
