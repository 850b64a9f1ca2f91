using System.Net.Sockets;
using Casemate.Kubernetes;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Tests.Wire;
using Casemate.Testing;
using Casemate.Testing.Kubelet;
using static Casemate.Rpc.Tests.Wire.RawConnection;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>Peers that do not do what a kubelet does.</summary>
public sealed class SlowPeerTests
{
    private static readonly ContainerName First = new("default", "first", "main");

    private static async Task<Socket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    [Fact]
    public async Task SilentConnections_KeepNobodyFromAllocating()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        var peers = new List<Socket>();
        for (var i = 0; i < 50; i++)
        {
            peers.Add(await ConnectAsync(Path.Combine(node.PluginDirectory, "casemate-epc.sock")));
        }

        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 3));

        Assert.Equal(3L << 20, node.Agent.State.Usage.UsedBytes);
        peers.ForEach(peer => peer.Dispose());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\u0004\u0008\0\0\0\0\0\0\0\0\0")]
    [InlineData("\0\u0001\u0002\u0003\u0004\u0005 this is no protocol at all")]
    public async Task BytesThatAreNoGrpc_HarmNobody(string bytes)
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        using var peer = await ConnectAsync(Path.Combine(node.PluginDirectory, "casemate-epc.sock"));
        await peer.SendAsync(System.Text.Encoding.Latin1.GetBytes(bytes));

        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 3));

        Assert.Equal(1, node.Kubelet.Registrations(NodeFixture.Epc));
    }

    [Fact]
    public async Task KubeletThatTakesTheConnectionAndSaysNothing_IsGivenUp_AndANewOneIsServed()
    {
        await using var node = NodeFixture.Describe("dc2s_v3");
        var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(Path.Combine(node.PluginDirectory, "kubelet.sock")));
        silent.Listen(16);
        await node.StartAgentAsync();
        var accepted = await silent.AcceptAsync();

        silent.Dispose();
        accepted.Dispose();
        await node.StartKubeletAsync();

        await node.UntilReadyAsync();
        Assert.Equal(1, node.Kubelet.Registrations(AccessResource.Enclave));
    }

    [Fact]
    public async Task KubeletThatStopsReadingItsList_IsServedAnewAfterItsRestart()
    {
        var hold = new TaskCompletionSource();
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.KubeletOptions = node.KubeletOptions with
        {
            Before = (step, resource) => step is KubeletStep.Listing && resource == NodeFixture.Epc ? hold.Task : Task.CompletedTask,
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.Kubelet.UntilAllocatableAsync(AccessResource.Enclave, 110);
        Assert.Equal(0, node.Kubelet.Allocatable(NodeFixture.Epc));

        hold.SetResult();
        await node.Kubelet.DisposeAsync();
        await node.StartKubeletAsync();

        await node.UntilReadyAsync();
    }

    [Fact]
    public async Task PeerThatNeverReadsTheList_LeavesTheAgentUnready_AndTheNextHasTheListAtOnce()
    {
        await using var node = await NodeFixture.StartAsync("dc1s_v3");
        var socket = Path.Combine(node.PluginDirectory, "casemate-epc.sock");
        using var peer = await AskForListAsync(socket);
        await TaskPatience.UntilAsync(() => !IsListed(node));               // it took the place of the kubelet's
        Assert.False(node.Agent.IsReady);

        var list = await RawMessages.FirstOfAsync(socket, KubeletMethods.ListAndWatch, []).SoonAsync("the list");

        Assert.Equal(node.Agent.State.Resources.Single(resource => resource.Name == NodeFixture.Epc).ListBytes, list.Length);
        await peer.ReadToAsync(RawFrame.Reset);
        await node.UntilReadyAsync();
    }

    [Fact]
    public async Task PeerThatNeverReadsTheList_IsGivenUp_AndTheKubeletHasTheListAgain()
    {
        await using var node = await NodeFixture.StartAsync("dc1s_v3");
        using var peer = await AskForListAsync(Path.Combine(node.PluginDirectory, "casemate-epc.sock"));
        await TaskPatience.UntilAsync(() => !IsListed(node));

        await peer.ReadToAsync(RawFrame.Reset);

        await node.UntilReadyAsync();
        Assert.Equal(2, node.Kubelet.Registrations(NodeFixture.Epc));
    }

    private static bool IsListed(NodeFixture node) =>
        node.Agent.State.Resources.Single(resource => resource.Name == NodeFixture.Epc).Listed;

    private static async Task<RawConnection> AskForListAsync(string socket)
    {
        var peer = await OpenWithoutWindowAsync(socket);
        await peer.SendAsync(HeadersFor(KubeletMethods.ListAndWatch), DataOf(MessageOf([])));
        return peer;
    }
}
