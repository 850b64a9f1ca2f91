using Casemate.Kubernetes;
using Casemate.Node.Dra;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.Dra;

/// <summary>A process dies between any two steps; the next one knows only the files and the API server.</summary>
public sealed class ClaimRecoveryTests
{
    private const long GiB = 1L << 30;

    [Theory]
    [InlineData((int)DraStep.Reserved)]
    [InlineData((int)DraStep.CdiWritten)]
    [InlineData((int)DraStep.StateWritten)]
    public async Task AnswersTheSame_AfterADeathWithinPrepare(int step)
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "3Gi");
        await Assert.ThrowsAsync<DeathException>(() => DraFixture.PrepareAsync(Dying(node, (DraStep)step), claim));

        var answer = await DraFixture.PrepareAsync(node.NewProcess(), claim);

        Assert.Equal("", answer.Error);
        Assert.Equal([$"casemate.dev/sgx={claim.Uid}-epc-0-share-a"], Assert.Single(answer.Devices).CdiDeviceIds);
        Assert.Equal([$"casemate.dev-sgx-{claim.Uid}.json", $"{claim.Uid}.json"], node.Files().Order(StringComparer.Ordinal).OrderBy(name => !name.StartsWith("casemate", StringComparison.Ordinal)));
        Assert.Equal(3 * GiB, node.Ledger.Usage().UsedBytes);
    }

    [Theory]
    [InlineData((int)DraStep.Reserved, 0)]
    [InlineData((int)DraStep.CdiWritten, 0)]
    [InlineData((int)DraStep.StateWritten, 2)]
    public async Task LeavesNoOrphan_AfterADeathWithinPrepare(int step, int files)
    {
        await using var node = await DraFixture.StartAsync();
        await Assert.ThrowsAsync<DeathException>(() => DraFixture.PrepareAsync(Dying(node, (DraStep)step), node.Allocate("a", "3Gi")));

        var next = node.NewProcess();
        Assert.Equal(files, node.Files().Count);
        Assert.Equal(files == 0 ? 0 : 3 * GiB, node.Ledger.Usage().UsedBytes);

        node.Api.Delete(KubeResource.ResourceClaims, DraFixture.Namespace, "a");
        Assert.True(await next.CompareAsync(CancellationToken.None));
        Assert.Empty(node.Files());
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    [Theory]
    [InlineData((int)DraStep.CdiRemoved)]
    [InlineData((int)DraStep.StateRemoved)]
    public async Task Releases_AfterADeathWithinUnprepare(int step)
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "3Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        await Assert.ThrowsAsync<DeathException>(() => DraFixture.UnprepareAsync(Dying(node, (DraStep)step), claim));

        Assert.Equal("", await DraFixture.UnprepareAsync(node.NewProcess(), claim));
        Assert.Empty(node.Files());
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("b")]
    [InlineData("")]
    public async Task TakesNoOtherName_FromTheApiServer(string name)
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        node.Api.Change(
            KubeResource.ResourceClaims, DraFixture.Namespace, "a", "liar", found => found["metadata"]!["name"] = name);

        var answer = await DraFixture.PrepareAsync(node.NewProcess(), claim);

        Assert.Equal("The API server answered with another claim than 'default/a'.", answer.Error);
        Assert.Empty(node.Files());
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    // Asked before, answered after: between the two the claim was allocated here anew, and the kubelet had it made ready.
    [Fact]
    public async Task LeavesToTheKubelet_WhatThisProcessMadeReady()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        var next = node.NewProcess();
        await DraFixture.PrepareAsync(next, claim);
        node.Api.Change(KubeResource.ResourceClaims, DraFixture.Namespace, "a", "scheduler", found => found.Remove("status"));

        Assert.True(await next.CompareAsync(CancellationToken.None));
        Assert.Equal(2, node.Files().Count);
        Assert.Equal(1L << 30, node.Ledger.Usage().UsedBytes);

        Assert.Equal("", await DraFixture.UnprepareAsync(next, claim));
        Assert.Empty(node.Files());
    }

    [Fact]
    public async Task ComparesTheOthers_WhereTheNameInAStateIsNone()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        var path = Path.Combine(node.States, $"{claim.Uid}.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"name\":\"a\"", "\"name\":\"../a\"", StringComparison.Ordinal));
        var next = node.NewProcess();

        Assert.True(await next.CompareAsync(CancellationToken.None));
        Assert.Equal("", await DraFixture.UnprepareAsync(next, claim));
        Assert.Empty(node.Files());
    }

    [Fact]
    public async Task CountsWhatIsHeld_BeforeItGivesMore()
    {
        await using var node = await DraFixture.StartAsync();
        await node.NewProcess().PrepareAsync(DraFixture.Ask(node.Allocate("three", "3Gi"), node.Allocate("four", "4Gi")), CancellationToken.None);

        var answer = await DraFixture.PrepareAsync(node.NewProcess(), node.Allocate("two", "2Gi"));

        Assert.EndsWith("of which 7 GiB are in use; 2 GiB are asked for.", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WritesTheCdiFileAgain_AfterTheMachineStarted()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        Directory.Delete(node.Cdi, recursive: true);

        node.NewProcess();

        Assert.True(File.Exists(Path.Combine(node.Cdi, $"casemate.dev-sgx-{claim.Uid}.json")));
    }

    [Fact]
    public async Task LeavesFilesOfOthersAlone()
    {
        await using var node = await DraFixture.StartAsync();
        Directory.CreateDirectory(node.Cdi);
        string[] others = ["vendor.com-gpu.json", "casemate.dev-sgx.json", "casemate.dev-sgx-not a claim.json", ".tmp-of-another"];
        foreach (var other in others.Append("casemate.dev-sgx-0b0b0b0b.json").Append(".tmp-00112233445566ff"))
        {
            File.WriteAllText(Path.Combine(node.Cdi, other), "{}");
        }

        node.NewProcess();

        Assert.Equal(others.Order(StringComparer.Ordinal), Directory.EnumerateFiles(node.Cdi).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task KeepsEverything_WhileTheApiServerIsDown()
    {
        await using var node = await DraFixture.StartAsync();
        await DraFixture.PrepareAsync(node.NewProcess(), node.Allocate("a", "1Gi"));
        node.Api.Refuse(1000, new ApiFault(503, "ServiceUnavailable", "down"));
        var next = node.NewProcess();

        Assert.False(await next.CompareAsync(CancellationToken.None));
        Assert.Equal(2, node.Files().Count);
    }

    [Fact]
    public async Task Releases_WhatWasDeallocatedMeanwhile()
    {
        await using var node = await DraFixture.StartAsync();
        await DraFixture.PrepareAsync(node.NewProcess(), node.Allocate("a", "1Gi"));
        var kept = node.Allocate("b", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), kept);
        node.Api.Change(KubeResource.ResourceClaims, DraFixture.Namespace, "a", "scheduler", existing => existing.Remove("status"));
        var next = node.NewProcess();

        Assert.True(await next.CompareAsync(CancellationToken.None));
        Assert.All(node.Files(), file => Assert.Contains(kept.Uid, file, StringComparison.Ordinal));
        Assert.Equal(GiB, node.Ledger.Usage().UsedBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"version\":2}")]
    [InlineData("{\"version\":1,\"uid\":\"other\",\"namespace\":\"n\",\"name\":\"a\",\"pool\":\"n1\",\"devices\":[{\"request\":\"r\",\"device\":\"epc-0\",\"kind\":0,\"bytes\":1,\"numa\":0}]}")]
    [InlineData("{\"version\":1,\"uid\":\"u\",\"namespace\":\"n\",\"name\":\"a\",\"pool\":\"n1\",\"devices\":[{\"request\":\"r\",\"device\":\"epc-0\",\"kind\":99,\"bytes\":1,\"numa\":0}]}")]
    [InlineData("{\"version\":1,\"uid\":\"u\",\"namespace\":\"n\",\"name\":\"a\",\"pool\":\"n1\",\"devices\":[{\"request\":\"r\",\"device\":\"epc-0\",\"kind\":0,\"bytes\":-1,\"numa\":0}]}")]
    public async Task WritesADamagedStateAnew(string content)
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        File.WriteAllText(Path.Combine(node.States, claim.Uid + ".json"), content);
        var next = node.NewProcess();
        Assert.Equal(2, node.Files().Count);

        Assert.Equal("", (await DraFixture.PrepareAsync(next, claim)).Error);
        Assert.Equal(GiB, node.Ledger.Usage().UsedBytes);
        node.NewProcess();
        Assert.Equal(GiB, node.Ledger.Usage().UsedBytes);
    }

    private static ClaimPreparer Dying(DraFixture node, DraStep after) => node.NewProcess(settings => settings with
    {
        AfterStep = step =>
        {
            if (step == after)
            {
                throw new DeathException();
            }
        },
    });

    private sealed class DeathException : Exception;
}
