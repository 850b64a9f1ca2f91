using System.Text;
using System.Threading.Channels;
using Casemate.Kubernetes;
using Casemate.Node.Resources;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Testing;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>
/// What the running agent sends, as protobuf's own decoder reads it without any schema. The field numbers stand here by hand, from the
/// kubelet's published device plugin API v1beta1.
/// </summary>
public sealed class WireFormatTests
{
    [Fact]
    public async Task Register_NamesVersionSocketAndResource()
    {
        var requests = Channel.CreateUnbounded<byte[]>();
        await using var node = NodeFixture.Describe(DevicePluginTests.TwoBanks(64, 32));
        await using var kubelet = await RpcServer.StartAsync(
            new RpcServerOptions
            {
                SocketPath = Path.Combine(node.PluginDirectory, "kubelet.sock"),
                Methods = [RawMessages.Take(KubeletMethods.Register, request => requests.Writer.TryWrite(request), [])],
            },
            CancellationToken.None);
        await node.StartAgentAsync();
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        while (seen.Count < 3)
        {
            seen.Add(await Protoc.DecodeRawAsync(await requests.Reader.ReadAsync().AsTask().SoonAsync("a registration")));
        }

        Assert.Equal(
            [
                $"1: \"v1beta1\"\n2: \"casemate-enclave.sock\"\n3: \"{AccessResource.Enclave}\"\n4: \"\"\n",
                $"1: \"v1beta1\"\n2: \"casemate-epc.sock\"\n3: \"{NodeFixture.Epc}\"\n4 {{\n  2: 1\n}}\n",
                $"1: \"v1beta1\"\n2: \"casemate-provision.sock\"\n3: \"{AccessResource.Provision}\"\n4: \"\"\n",
            ],
            seen);
    }

    [Fact]
    public async Task Options_AreEmptyOrSayThatAChoiceIsPreferred()
    {
        await using var node = await StartAsync();

        Assert.Equal("2: 1\n", await CallAsync(node, "epc", KubeletMethods.GetDevicePluginOptions, []));
        Assert.Equal("", await CallAsync(node, "enclave", KubeletMethods.GetDevicePluginOptions, []));
    }

    [Fact]
    public async Task ListAndWatch_HasIdHealthAndNumaNodeOfEachDevice()
    {
        // No kubelet that has a stream of its own: ours would take its place, and it would let the plugin go.
        var registered = new TaskCompletionSource();
        await using var node = NodeFixture.Describe(DevicePluginTests.TwoBanks(64, 32));
        await using var kubelet = await RpcServer.StartAsync(
            new RpcServerOptions
            {
                SocketPath = Path.Combine(node.PluginDirectory, "kubelet.sock"),
                Methods = [RawMessages.Take(KubeletMethods.Register, request => Note(request, registered), [])],
            },
            CancellationToken.None);
        await node.StartAgentAsync();
        await registered.Task.SoonAsync();

        var text = await Protoc.DecodeRawAsync(await RawMessages.FirstOfAsync(Socket(node, "epc"), KubeletMethods.ListAndWatch, []));

        var devices = text.Split("1 {\n  1: ", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(96, devices.Length);
        Assert.StartsWith($"\"{EpcDeviceIds.Of(0)}\"\n  2: \"Healthy\"\n  3 {{\n    1", devices[0], StringComparison.Ordinal);
        Assert.Equal($"\"{EpcDeviceIds.Of(95)}\"\n  2: \"Healthy\"\n  3 {{\n    1 {{\n      1: 1\n    }}\n  }}\n}}\n", devices[95]);
        Assert.Equal(64, devices.Count(device => !device.Contains("1: 1\n", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Allocate_GivesEnvironmentDevicesAndAnnotations()
    {
        await using var node = await StartAsync();

        // 1 {1: "0" 1: "1"}
        var text = await CallAsync(node, "epc", KubeletMethods.Allocate, [0x0A, 6, .. Field(0x0A, EpcDeviceIds.Of(0)), .. Field(0x0A, EpcDeviceIds.Of(1))]);

        Assert.StartsWith("1 {\n", text, StringComparison.Ordinal);
        Assert.Contains(
            $"  1 {{\n    1: \"SGX_VISIBLE_DEVICES\"\n    2: \"{EpcDeviceIds.Of(0)},{EpcDeviceIds.Of(1)}\"\n  }}\n", text, StringComparison.Ordinal);
        Assert.Contains("  3 {\n    1: \"/dev/sgx_enclave\"\n    2: \"/dev/null\"\n    3: \"rw\"\n  }\n", text, StringComparison.Ordinal);
        Assert.Contains("  4 {\n    1: \"casemate.dev/epc-bytes\"\n    2: \"2097152\"\n  }\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Allocate_GivesTheAesmDirectoryAsAMountAndCdiNames()
    {
        await using var node = NodeFixture.Describe("dc2s_v3");
        node.Options = node.Options with
        {
            DevicePlugin = node.Options.DevicePlugin with { AesmAllocations = node.AesmRoot, CdiDirectory = node.File("cdi") },
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();

        var text = await CallAsync(node, "enclave", KubeletMethods.Allocate, [0x0A, 3, .. Field(0x0A, EpcDeviceIds.Of(0))]);

        Assert.Contains($"  2 {{\n    1: \"/var/run/aesmd\"\n    2: \"{node.AesmRoot}/", text, StringComparison.Ordinal);
        Assert.Contains("\"\n    3: 1\n  }\n", text, StringComparison.Ordinal);
        Assert.Contains("  5 {\n    1: \"casemate.dev/sgx=enclave\"\n  }\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetPreferredAllocation_NamesTheChosenIds()
    {
        await using var node = await StartAsync();
        byte[] ids = [.. new[] { 0, 64, 65 }.SelectMany(index => Field(0x0A, EpcDeviceIds.Of(index)))];

        // 1 {1: ids 2: the last of them 3: 2}
        byte[] container = [.. ids, .. Field(0x12, EpcDeviceIds.Of(65)), 0x18, 2];
        var text = await CallAsync(node, "epc", KubeletMethods.GetPreferredAllocation, [0x0A, (byte)container.Length, .. container]);

        var chosen = text.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.StartsWith("1: ", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(new[] { 64, 65 }.Select(index => $"1: \"{EpcDeviceIds.Of(index)}\"").Order(StringComparer.Ordinal), chosen);
        Assert.StartsWith("1 {\n  1: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEmptyAnswer_HasNoBytes()
    {
        await using var node = await StartAsync();

        Assert.Empty(await RawMessages.CallAsync(
            Socket(node, "epc"), KubeletMethods.PreStartContainer, Field(0x0A, EpcDeviceIds.Of(0))));
    }

    private static async Task<NodeFixture> StartAsync()
    {
        var node = NodeFixture.Describe(DevicePluginTests.TwoBanks(64, 32));
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();
        return node;
    }

    private static void Note(byte[] request, TaskCompletionSource registered)
    {
        if (Encoding.Latin1.GetString(request).Contains("casemate-epc.sock", StringComparison.Ordinal))
        {
            registered.TrySetResult();
        }
    }

    private static string Socket(NodeFixture node, string word) => Path.Combine(node.PluginDirectory, $"casemate-{word}.sock");

    private static async Task<string> CallAsync(NodeFixture node, string word, string method, byte[] request) =>
        await RawMessages.CallAsync(Socket(node, word), method, request) is { Length: > 0 } bytes ? await Protoc.DecodeRawAsync(bytes) : "";

    private static byte[] Field(byte tag, string text) => [tag, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
