using System.Text;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Tests.DevicePlugin;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.Dra;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.Tests.Dra;

/// <summary>
/// What the running DRA driver answers, as protobuf's own decoder reads it. The field numbers stand here by hand, from the
/// kubelet's published plugin registration API v1 and DRA API v1.
/// </summary>
public sealed class DraWireFormatTests : IAsyncLifetime
{
    private const string Prepared =
        "message M { map<string, R> f1 = 1; } message R { repeated D f1 = 1; string f2 = 2; }"
        + "message D { repeated string f1 = 1; string f2 = 2; string f3 = 3; repeated string f4 = 4; optional string f5 = 5; }";

    private const string Released = "message M { map<string, R> f1 = 1; } message R { string f1 = 1; }";

    private const string Watched =
        "message M { repeated H f1 = 1; } message H { I f1 = 1; int32 f2 = 2; int64 f3 = 3; int64 f4 = 4; string f5 = 5; }"
        + "message I { string f1 = 1; string f2 = 2; }";

    private DraFixture _node = null!;
    private NodeAgent _agent = null!;

    private string Registration => Path.Combine(_node.Settings.RegistryDirectory, "sgx.casemate.dev-reg.sock");

    private string Service => Path.Combine(_node.Settings.PluginDirectory, "sgx.casemate.dev", "dra.sock");

    public async ValueTask InitializeAsync()
    {
        _node = await DraFixture.StartAsync();
        _agent = await NodeAgent.StartAsync(
            new NodeAgentOptions
            {
                Sources = new TestMachine().Sources(),
                Advertisement = new AdvertisementSettings { Dra = true },
                Dra = _node.Settings,
                DevicePlugin = new DevicePluginSettings { Directory = _node.File("dp"), PodResourcesSocket = null, StandIn = "/dev/null" },
                NodeName = DraFixture.Node,
            },
            NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        await _node.Api.UntilAsync(() => _agent.State.Dra is { PublishProblem: null } && File.Exists(Registration));
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task GetInfo_SaysWhoItIs() => Assert.Equal(
        $"1: \"DRAPlugin\"\n2: \"sgx.casemate.dev\"\n3: \"{Service}\"\n4: \"v1.DRAPlugin\"\n",
        await Protoc.DecodeRawAsync(await RawMessages.CallAsync(Registration, KubeletMethods.GetInfo, [])));

    [Fact]
    public async Task NotifyRegistrationStatus_IsTakenFromItsBytes()
    {
        // 2: "no such version"
        Assert.Empty(await RawMessages.CallAsync(Registration, KubeletMethods.NotifyRegistrationStatus, Field(2, "no such version")));
        Assert.Equal((false, "no such version"), (_agent.State.Dra!.Registered, _agent.State.Dra.RegistrationError));

        // 1: true
        Assert.Empty(await RawMessages.CallAsync(Registration, KubeletMethods.NotifyRegistrationStatus, [0x08, 1]));
        Assert.True(_agent.State.Dra.Registered);
    }

    [Fact]
    public async Task NodePrepareResources_AnswersForEachClaim()
    {
        var good = _node.Allocate("good", "3Gi");
        var gone = new Claim { Namespace = "default", Name = "gone", Uid = "0a0a-0a" };

        var text = await Protoc.DecodeAsync(
            await RawMessages.CallAsync(Service, KubeletMethods.NodePrepareResources, [.. Entry(good), .. Entry(gone)]), Prepared);

        var first =
            $"f1 {{\n  key: \"{good.Uid}\"\n  value {{\n    f1 {{\n      f1: \"epc\"\n      f2: \"n1\"\n      f3: \"epc-0\"\n"
            + $"      f4: \"casemate.dev/sgx={good.Uid}-epc-0-share-good\"\n      f5: \"share-good\"\n    }}\n  }}\n}}\n";
        const string second = "f1 {\n  key: \"0a0a-0a\"\n  value {\n    f2: \"There is no claim \\'default/gone\\' any more.\"\n  }\n}\n";
        Assert.True(text == first + second || text == second + first, text);
    }

    [Fact]
    public async Task NodeUnprepareResources_AnswersForEachClaim()
    {
        var claim = _node.Allocate("a", "3Gi");
        await RawMessages.CallAsync(Service, KubeletMethods.NodePrepareResources, Entry(claim));

        Assert.Equal(
            $"f1 {{\n  key: \"{claim.Uid}\"\n  value {{\n  }}\n}}\n",
            await Protoc.DecodeAsync(await RawMessages.CallAsync(Service, KubeletMethods.NodeUnprepareResources, Entry(claim)), Released));
        Assert.Empty(_node.Files());
    }

    [Fact]
    public async Task NodeWatchResources_TellsOfEachDevice()
    {
        var text = await Protoc.DecodeAsync(await RawMessages.FirstOfAsync(Service, KubeletMethods.NodeWatchResources, []), Watched);

        foreach (var device in (string[])["enclave", "epc-0", "provision"])
        {
            Assert.Contains($"f1 {{\n  f1 {{\n    f1: \"n1\"\n    f2: \"{device}\"\n  }}\n  f2: 1\n  f3: ", text, StringComparison.Ordinal);
        }
    }

    // claims = 1 {namespace = 1, uid = 2, name = 3}
    private static byte[] Entry(Claim claim)
    {
        byte[] entry = [.. Field(1, claim.Namespace), .. Field(2, claim.Uid), .. Field(3, claim.Name)];
        return [0x0A, (byte)entry.Length, .. entry];
    }

    private static byte[] Field(int number, string text) => [(byte)((number << 3) | 2), (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
