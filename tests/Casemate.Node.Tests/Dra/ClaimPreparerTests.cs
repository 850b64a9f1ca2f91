using System.Text.Json.Nodes;
using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Machines;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.Dra;

public sealed class ClaimPreparerTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public async Task Answers_WithTheDevicesOfTheAllocation()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "64Mi");
        var answer = await DraFixture.PrepareAsync(node.NewProcess(), claim);

        Assert.Equal("", answer.Error);
        var device = Assert.Single(answer.Devices);
        Assert.Equal((DraFixture.Node, "epc-0", "share-a"), (device.PoolName, device.DeviceName, device.ShareId));
        Assert.Equal(["epc"], device.RequestNames);
        Assert.Equal([$"casemate.dev/sgx={claim.Uid}-epc-0-share-a"], device.CdiDeviceIds);
        Assert.Equal(64L << 20, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task Writes_OneCdiFileForTheClaim()
    {
        await using var node = await DraFixture.StartAsync();
        node.Plugin = node.Plugin with { AesmAllocations = node.File("aesm") };
        var claim = node.Allocate("a", "64Mi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);

        var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(node.Cdi, $"casemate.dev-sgx-{claim.Uid}.json")))!;
        Assert.Equal("0.5.0", (string?)spec["cdiVersion"]);
        Assert.Equal("casemate.dev/sgx", (string?)spec["kind"]);
        var device = Assert.Single(spec["devices"]!.AsArray())!;
        Assert.Equal($"{claim.Uid}-epc-0-share-a", (string?)device["name"]);
        var nodes = device["containerEdits"]!["deviceNodes"]!.AsArray();
        Assert.Equal(["/dev/sgx_enclave", "/dev/sgx/enclave"], nodes.Select(one => (string?)one!["path"]));
        Assert.All(nodes, one => Assert.Equal(("/dev/null", "c", "rw"), ((string?)one!["hostPath"], (string?)one["type"], (string?)one["permissions"])));
        var mount = Assert.Single(device["containerEdits"]!["mounts"]!.AsArray())!;
        Assert.Equal(node.File($"aesm/claim-{claim.Uid}"), (string?)mount["hostPath"]);
        Assert.Equal("/var/run/aesmd", (string?)mount["containerPath"]);
        Assert.Contains("ro", mount["options"]!.AsArray().Select(option => (string?)option));
    }

    // The guest's device is root's: who is not root gets evidence by the socket.
    [Theory]
    [InlineData("snp-guest", "/dev/sev-guest")]
    [InlineData("tdx-guest", "/dev/tdx_guest")]
    public async Task AGuestsDevice_BringsTheSocketsOfTheQuoteHelper_AndNoAddressForEnclaves(string machine, string path)
    {
        await using var node = await DraFixture.StartAsync();
        Assert.True(DescribedMachine.TryLoad(machine, out var guest, out var error), error);
        node.Hardware = new HardwareScanner(guest!.Sources).Scan();
        node.Plugin = node.Plugin with { AesmAllocations = node.File("aesm"), SetAesmAddress = true };
        var claim = node.Put("a", new JsonObject
        {
            ["request"] = "device",
            ["driver"] = "sgx.casemate.dev",
            ["pool"] = DraFixture.Node,
            ["device"] = machine,
            ["shareID"] = "share-a",
        });
        var driver = node.NewProcess();

        Assert.Equal("", (await DraFixture.PrepareAsync(driver, claim)).Error);

        var edits = JsonNode.Parse(File.ReadAllText(Path.Combine(node.Cdi, $"casemate.dev-sgx-{claim.Uid}.json")))!["devices"]![0]!["containerEdits"]!;
        Assert.Equal(path, (string?)Assert.Single(edits["deviceNodes"]!.AsArray())!["path"]);
        var mount = Assert.Single(edits["mounts"]!.AsArray())!;
        Assert.Equal("/var/run/aesmd", (string?)mount["containerPath"]);
        Assert.True(Directory.Exists((string?)mount["hostPath"]));
        Assert.DoesNotContain(edits["env"]!.AsArray(), one => ((string?)one)!.StartsWith("SGX_AESM_ADDR", StringComparison.Ordinal));

        Assert.Equal("", await DraFixture.UnprepareAsync(driver, claim));
        Assert.False(Directory.Exists((string?)mount["hostPath"]));
    }

    [Fact]
    public async Task GivesTheSameAnswer_WhenAskedTwice()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "3Gi");
        var driver = node.NewProcess();
        var first = await DraFixture.PrepareAsync(driver, claim);
        var files = node.Files();

        Assert.Equal(first, await DraFixture.PrepareAsync(driver, claim));
        Assert.Equal(files, node.Files());
        Assert.Equal(3 * GiB, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task Refuses_TheClaimThatTheLedgerCannotHonour()
    {
        await using var node = await DraFixture.StartAsync();
        var (three, four, two) = (node.Allocate("three", "3Gi"), node.Allocate("four", "4Gi"), node.Allocate("two", "2Gi"));
        var driver = node.NewProcess();

        var answer = await driver.PrepareAsync(DraFixture.Ask(three, four, two), CancellationToken.None);

        Assert.Equal(("", ""), (answer.Claims[three.Uid].Error, answer.Claims[four.Uid].Error));
        Assert.Equal("This node has 8 GiB of EPC for pods, of which 7 GiB are in use; 2 GiB are asked for.", answer.Claims[two.Uid].Error);
        Assert.Equal(7 * GiB, node.Ledger.Usage().UsedBytes);
        Assert.Equal(4, node.Files().Count);

        Assert.Equal("", await DraFixture.UnprepareAsync(driver, three));
        Assert.Equal("", (await DraFixture.PrepareAsync(driver, two)).Error);
        Assert.Equal(6 * GiB, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task CountsTheWholeDevice_WhereNothingSaysHowMuchIsConsumed()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Put("a", new JsonObject
        {
            ["request"] = "epc",
            ["driver"] = DraNames.Driver,
            ["pool"] = DraFixture.Node,
            ["device"] = "epc-0",
        });
        var answer = await DraFixture.PrepareAsync(node.NewProcess(), claim);

        Assert.False(Assert.Single(answer.Devices).HasShareId);
        Assert.Equal(8 * GiB, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task Takes_OnlyResultsOfThisDriver()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Put(
            "a",
            new JsonObject { ["request"] = "gpu", ["driver"] = "gpu.example.com", ["pool"] = DraFixture.Node, ["device"] = "gpu-0" },
            new JsonObject { ["request"] = "key", ["driver"] = DraNames.Driver, ["pool"] = DraFixture.Node, ["device"] = "provision", ["shareID"] = "s" });
        var answer = await DraFixture.PrepareAsync(node.NewProcess(), claim);

        Assert.Equal("provision", Assert.Single(answer.Devices).DeviceName);
        Assert.Contains("/dev/sgx_provision", File.ReadAllText(Path.Combine(node.Cdi, $"casemate.dev-sgx-{claim.Uid}.json")), StringComparison.Ordinal);
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    [Theory]
    [InlineData("uid", "The claim is another one by now")]
    [InlineData("gone", "There is no claim 'default/a' any more.")]
    [InlineData("unallocated", "The claim is not allocated.")]
    [InlineData("foreign", "No device of the driver sgx.casemate.dev is allocated to the claim.")]
    [InlineData("pool", "The claim is allocated from pool 'n2'; this node's is 'n1'.")]
    [InlineData("device", "This node has no device 'epc-7' at present.")]
    [InlineData("share", "A result of the claim is malformed")]
    [InlineData("amount", "The capacity consumed of device 'epc-0' is no amount of memory.")]
    [InlineData("parameters", "The claim has parameters for the driver sgx.casemate.dev, which takes none")]
    [InlineData("path", "The claim's UID is none.")]
    public async Task Refuses_ClaimsThatAreNotForThisNode(string what, string reason)
    {
        await using var node = await DraFixture.StartAsync();
        var claim = what switch
        {
            "unallocated" => node.PutStatus("a", []),
            "foreign" => node.Put("a", new JsonObject { ["request"] = "gpu", ["driver"] = "gpu.example.com", ["pool"] = "n1", ["device"] = "g" }),
            "pool" => node.Allocate("a", "1Gi", pool: "n2"),
            "device" => node.Allocate("a", "1Gi", device: "epc-7"),
            "share" => node.Allocate("a", "1Gi", share: "../../etc"),
            "amount" => node.Allocate("a", "much"),
            _ => node.Allocate("a", "1Gi"),
        };
        switch (what)
        {
            case "uid":
                claim.Uid = "another";
                break;
            case "path":
                claim.Uid = "../../../etc/cron.d/x";
                break;
            case "gone":
                node.Api.Delete(KubeResource.ResourceClaims, DraFixture.Namespace, "a");
                break;
            case "parameters":
                node.Api.Change(KubeResource.ResourceClaims, DraFixture.Namespace, "a", "scheduler", existing =>
                    existing["status"]!["allocation"]!["devices"]!["config"] = new JsonArray(new JsonObject
                    {
                        ["opaque"] = new JsonObject { ["driver"] = DraNames.Driver, ["parameters"] = new JsonObject() },
                    }));
                break;
        }

        var answer = await DraFixture.PrepareAsync(node.NewProcess(), claim);

        Assert.StartsWith(reason, answer.Error, StringComparison.Ordinal);
        Assert.Empty(answer.Devices);
        Assert.Empty(node.Files());
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task Releases_AClaimAndEverythingOfIt()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        var driver = node.NewProcess();
        await DraFixture.PrepareAsync(driver, claim);

        Assert.Equal("", await DraFixture.UnprepareAsync(driver, claim));
        Assert.Equal("", await DraFixture.UnprepareAsync(driver, claim));
        Assert.Empty(node.Files());
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    [Theory]
    [InlineData("3b241101-e2bb-4255-8caf-4136c566a962")]
    [InlineData("../../../etc/passwd")]
    [InlineData("")]
    public async Task Releases_AClaimThatItDoesNotKnow(string uid)
    {
        await using var node = await DraFixture.StartAsync();
        Assert.Equal("", await DraFixture.UnprepareAsync(node.NewProcess(), new Claim { Uid = uid, Name = "a", Namespace = "b" }));
    }

    [Fact]
    public async Task AnswersForAReadyClaim_WhileTheApiServerIsDown()
    {
        await using var node = await DraFixture.StartAsync();
        var (ready, other) = (node.Allocate("ready", "1Gi"), node.Allocate("other", "1Gi"));
        var first = await DraFixture.PrepareAsync(node.NewProcess(), ready);
        node.Api.Refuse(1000, new ApiFault(503, "ServiceUnavailable", "down"));
        var driver = node.NewProcess();

        var answer = await driver.PrepareAsync(DraFixture.Ask(ready, other), CancellationToken.None);

        Assert.Equal(first, answer.Claims[ready.Uid]);
        Assert.StartsWith("The claim cannot be read:", answer.Claims[other.Uid].Error, StringComparison.Ordinal);
        Assert.Equal("", await DraFixture.UnprepareAsync(driver, ready));
    }

    [Fact]
    public async Task GivesUpOnAnApiServerThatDoesNotAnswer()
    {
        await using var node = await DraFixture.StartAsync();
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        using var client = new KubeClient(KubeConfiguration.Loopback(new Uri($"http://127.0.0.1:{port}/")));
        var driver = node.NewProcess(settings => settings with { Client = client, ClaimPatience = TimeSpan.FromSeconds(1) });

        var answer = await DraFixture.PrepareAsync(driver, new Claim { Uid = "u", Name = "a", Namespace = "b" });

        Assert.Equal("The claim cannot be read: the API server did not answer within 1 s.", answer.Error);
    }

    [Theory]
    [InlineData("casemate.dev-sgx-")]
    [InlineData("claims")]
    public async Task LeavesNothing_WhenTheDiskIsFull(string part)
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        var full = true;
        var driver = node.NewProcess(settings => settings with
        {
            Write = (path, content) =>
            {
                if (full && path.Contains(part, StringComparison.Ordinal))
                {
                    throw new IOException($"No space left on device : '{path}'");
                }

                DraFixture.Write(path, content);
            },
        });

        var answer = await DraFixture.PrepareAsync(driver, claim);

        Assert.StartsWith("The claim's files cannot be written: No space left on device", answer.Error, StringComparison.Ordinal);
        Assert.Empty(node.Files());
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);

        full = false;
        Assert.Equal("", (await DraFixture.PrepareAsync(driver, claim)).Error);
    }

    [Fact]
    public async Task SaysSo_WhenTheCdiDirectoryIsNone()
    {
        await using var node = await DraFixture.StartAsync();
        File.WriteAllText(node.Cdi, "");
        var answer = await DraFixture.PrepareAsync(node.NewProcess(), node.Allocate("a", "1Gi"));

        Assert.StartsWith("The claim's files cannot be written:", answer.Error, StringComparison.Ordinal);
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task KeepsAReadyClaim_WhenItsDeviceIsAway()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        var driver = node.NewProcess();
        var first = await DraFixture.PrepareAsync(driver, claim);
        node.Context.Catalog = DraCatalog.Empty;

        Assert.Equal(first, await DraFixture.PrepareAsync(driver, claim));
        Assert.Equal("This node has no device 'epc-0' at present.", (await DraFixture.PrepareAsync(driver, node.Allocate("b", "1Gi"))).Error);
    }

    [Fact]
    public async Task FollowsAClaim_ThatWasAllocatedAnew()
    {
        await using var node = await DraFixture.StartAsync();
        var driver = node.NewProcess();
        await DraFixture.PrepareAsync(driver, node.Allocate("a", "6Gi", share: "one"));
        var claim = node.Allocate("a", "7Gi", share: "two");

        var answer = await DraFixture.PrepareAsync(driver, claim);

        Assert.Equal("two", Assert.Single(answer.Devices).ShareId);
        Assert.Equal(7 * GiB, node.Ledger.Usage().UsedBytes);
        Assert.Equal(2, node.Files().Count);
        using var state = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(node.States, claim.Uid + ".json")));
        Assert.Equal(7 * GiB, state.RootElement.GetProperty("devices")[0].GetProperty("bytes").GetInt64());
    }
}
