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

    [Fact]
    public async Task CountsAndKeeps_AClaimWhoseStateIsDamaged_ByItsCopy()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "3Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        Damage(node, claim, copy: false);
        var log = new RecordingLogger();

        var next = node.NewProcess(logger: log);

        Assert.Equal(3 * GiB, node.Ledger.Usage().UsedBytes);
        Assert.Single(log.Lines, line => line.StartsWith("Warning 3697 ", StringComparison.Ordinal));
        Assert.Empty(next.Missing());

        // The next start finds it whole again.
        var again = new RecordingLogger();
        node.NewProcess(logger: again);
        Assert.Empty(again.Lines);
    }

    [Fact]
    public async Task Releases_AClaimWhoseStateIsDamaged_WhenTheApiServerDoesNotKnowItAnyMore()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "3Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        Damage(node, claim, copy: false);
        node.Api.Delete(KubeResource.ResourceClaims, DraFixture.Namespace, "a");
        var next = node.NewProcess();

        Assert.True(await next.CompareAsync(CancellationToken.None));

        Assert.Empty(node.Files());
        Assert.Empty(Copies(node));
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task GivesNothing_WhileItDoesNotKnowWhatAClaimHolds()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        Damage(node, claim, copy: true);
        var log = new RecordingLogger();
        var next = node.NewProcess(logger: log);
        Assert.Single(log.Lines, line => line.StartsWith("Error 3691 ", StringComparison.Ordinal));
        Assert.StartsWith("what the claim in ", Assert.Single(next.Missing()), StringComparison.Ordinal);

        var other = node.Allocate("b", "1Gi");
        Assert.Equal(
            $"How much EPC the claim {claim.Uid} holds cannot be read on this node, so nothing is given until that is known.",
            (await DraFixture.PrepareAsync(next, other)).Error);
        Assert.True(await next.CompareAsync(CancellationToken.None));
        Assert.Equal(2, node.Files().Count);

        // The kubelet asks again when it starts, or releases it.
        Assert.Equal("", (await DraFixture.PrepareAsync(next, claim)).Error);
        Assert.Empty(next.Missing());
        Assert.Equal("", (await DraFixture.PrepareAsync(next, other)).Error);
        Assert.Equal(2 * GiB, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task ReleasesAtTheKubeletsWord_AClaimOfWhichNothingCanBeRead()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        Damage(node, claim, copy: true);
        var next = node.NewProcess();

        Assert.Equal("", await DraFixture.UnprepareAsync(next, claim));

        Assert.Empty(next.Missing());
        Assert.Empty(node.Files());
        Assert.Empty(Copies(node));
        Assert.Equal("", (await DraFixture.PrepareAsync(next, node.Allocate("b", "1Gi"))).Error);
    }

    [Fact]
    public async Task DoesNotLetDamagedClaimsWaitForEachOther()
    {
        await using var node = await DraFixture.StartAsync();
        var (one, two) = (node.Allocate("a", "3Gi"), node.Allocate("b", "4Gi"));
        await node.NewProcess().PrepareAsync(DraFixture.Ask(one, two), CancellationToken.None);
        Damage(node, one, copy: true);
        Damage(node, two, copy: true);
        var next = node.NewProcess();

        Assert.Equal("", (await DraFixture.PrepareAsync(next, one)).Error);
        Assert.Equal("", (await DraFixture.PrepareAsync(next, two)).Error);

        Assert.Equal(7 * GiB, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task CountsADamagedClaimAsBefore_WhenItCannotBeWrittenAnew()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        Damage(node, claim, copy: true);
        var next = node.NewProcess(settings => settings with { Write = (_, _) => throw new IOException("No room.") });

        Assert.Contains("No room", (await DraFixture.PrepareAsync(next, claim)).Error, StringComparison.Ordinal);

        Assert.Equal(long.MaxValue, node.Ledger.Usage().UsedBytes);
        Assert.NotEmpty(next.Missing());
        Assert.Equal(2, node.Files().Count);
    }

    [Fact]
    public async Task WritesTheCdiFile_WhenItCouldNotAtTheStart()
    {
        await using var node = await DraFixture.StartAsync();
        var claim = node.Allocate("a", "1Gi");
        await DraFixture.PrepareAsync(node.NewProcess(), claim);
        Directory.Delete(node.Cdi, recursive: true);
        File.WriteAllText(node.Cdi, "a file where the directory should be");
        var log = new RecordingLogger();
        var next = node.NewProcess(logger: log);
        await next.CompareAsync(CancellationToken.None);
        Assert.StartsWith($"claim {claim.Uid} has no CDI file: ", Assert.Single(next.Missing()), StringComparison.Ordinal);
        Assert.Single(log.Lines, line => line.StartsWith("Warning 3692 ", StringComparison.Ordinal));

        File.Delete(node.Cdi);
        await next.CompareAsync(CancellationToken.None);

        Assert.Empty(next.Missing());
        Assert.True(File.Exists(Path.Combine(node.Cdi, $"casemate.dev-sgx-{claim.Uid}.json")));
    }

    [Fact]
    public async Task SaysOnce_ThatTheApiServerCannotBeAsked()
    {
        await using var node = await DraFixture.StartAsync();
        await DraFixture.PrepareAsync(node.NewProcess(), node.Allocate("a", "1Gi"));
        node.Api.Refuse(2, new ApiFault(503, "ServiceUnavailable", "down"));
        var log = new RecordingLogger();
        var next = node.NewProcess(logger: log);

        Assert.False(await next.CompareAsync(CancellationToken.None));
        Assert.False(await next.CompareAsync(CancellationToken.None));
        Assert.True(await next.CompareAsync(CancellationToken.None));

        Assert.Single(log.Lines, line => line.StartsWith("Warning 3693 ", StringComparison.Ordinal));
    }

    // The agent runs for months: a claim whose kubelet never takes it back goes when the API server does not know it.
    [Fact]
    public async Task ComparesAgainAndAgain_WhileTheDriverRuns()
    {
        await using var node = await DraFixture.StartAsync();
        await DraFixture.PrepareAsync(node.NewProcess(), node.Allocate("a", "1Gi"));
        node.NewContext(time: node.Time);
        await using var driver = DraDriver.Start(node.Context);
        await node.Api.UntilAsync(() => node.Api.Requests.Count(IsAboutClaim) >= 2);     // the first process asked, and then this one
        Assert.Equal(2, node.Files().Count);

        node.Api.Delete(KubeResource.ResourceClaims, DraFixture.Namespace, "a");

        await node.Api.UntilAsync(() =>
        {
            node.Time.Advance(TimeSpan.FromMinutes(1));
            return node.Files().Count == 0;
        });
        await node.Api.UntilAsync(() => node.Ledger.Usage().UsedBytes == 0);
    }

    private static bool IsAboutClaim(ApiRequest request) => request.Method == "GET" && request.Path.EndsWith("/resourceclaims/a", StringComparison.Ordinal);

    private static void Damage(DraFixture node, Casemate.Rpc.Kubelet.Dra.Claim claim, bool copy)
    {
        foreach (var directory in copy ? (string[])["claims", "claims-copy"] : ["claims"])
        {
            File.WriteAllText(Path.Combine(node.Settings.Home, directory, $"{claim.Uid}.json"), "{\"version\":");
        }
    }

    private static IEnumerable<string> Copies(DraFixture node) => Directory.EnumerateFiles(Path.Combine(node.Settings.Home, "claims-copy"));

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
