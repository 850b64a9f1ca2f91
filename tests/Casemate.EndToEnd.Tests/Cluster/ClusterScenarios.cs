using Casemate.Kubernetes;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>What users do in a cluster; the same for a real one and for one that is simulated.</summary>
public abstract class ClusterScenarios
{
    private const long GiB = 1L << 30;

    private protected abstract Task<ClusterUnderTest> OpenAsync();

    [Theory]
    [InlineData("azure")]
    [InlineData("openenclave")]
    [InlineData("alibaba")]
    public async Task APodWithEachName_Runs(string family)
    {
        Assert.True(ResourceFamily.TryFind(family, out var found));
        await using var cluster = await OpenAsync();
        await cluster.InstallAsync("dc2s_v2", "--epc-resource", family);
        var offered = await cluster.UntilOfferedAsync(found.Name);
        Assert.InRange(offered, 10, 4096);

        await cluster.CreatePodAsync("enclave", (found.Name, 10));

        await cluster.UntilReadyAsync("enclave");
        Assert.All(
            ResourceFamily.All.Where(other => other.Name != found.Name),
            other => Assert.Equal(0, cluster.AllocatableAsync(other.Name).GetAwaiter().GetResult()));
    }

    [Fact]
    public async Task WhatDoesNotFit_StaysPending_UntilThereIsRoom()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAsync("dc2s_v2", "--epc-resource", "azure");
        var offered = await cluster.UntilOfferedAsync(ResourceFamily.Azure.Name);
        await cluster.CreatePodAsync("first", (ResourceFamily.Azure.Name, offered - 5));
        await cluster.UntilReadyAsync("first");

        await cluster.CreatePodAsync("second", (ResourceFamily.Azure.Name, 10));
        await cluster.UntilUnschedulableAsync("second");

        await cluster.DeletePodAsync("first");
        await cluster.UntilReadyAsync("second");
    }

    [Fact]
    public async Task AnAgentThatRestarts_LosesNeitherPodsNorWhatTheyHold()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAsync("dc2s_v2", "--epc-resource", "azure");
        var offered = await cluster.UntilOfferedAsync(ResourceFamily.Azure.Name);
        await cluster.CreatePodAsync("first", (ResourceFamily.Azure.Name, offered - 20));
        await cluster.UntilReadyAsync("first");
        var before = await cluster.PodAsync("first");

        await cluster.RestartAgentAsync();

        Assert.Equal(offered, await cluster.UntilOfferedAsync(ResourceFamily.Azure.Name));
        Assert.Equal(before, await cluster.PodAsync("first"));
        await cluster.CreatePodAsync("second", (ResourceFamily.Azure.Name, 15));
        await cluster.UntilReadyAsync("second");
        await cluster.CreatePodAsync("third", (ResourceFamily.Azure.Name, 10));
        await cluster.UntilUnschedulableAsync("third");
    }

    [Fact]
    public async Task ClaimsShareABank()
    {
        await using var cluster = await OpenAsync();
        cluster.NeedsSharedDevices();
        await cluster.InstallAsync("dc2s_v3", "--dra");
        var bank = await cluster.UntilPublishedAsync();

        await cluster.CreatePodWithClaimAsync("three", Part(bank, 3));
        await cluster.CreatePodWithClaimAsync("four", Part(bank, 4));
        await cluster.UntilReadyAsync("three");
        await cluster.UntilReadyAsync("four");
        await cluster.CreatePodWithClaimAsync("two", Part(bank, 2));
        await cluster.UntilUnschedulableAsync("two");

        await cluster.DeletePodAsync("three");
        await cluster.UntilReadyAsync("two");
    }

    [Fact]
    public async Task ALargePod_BecomesReady()
    {
        await using var cluster = await OpenAsync();
        cluster.NeedsSharedDevices();
        await cluster.InstallAsync("xeon-2x256gib", "--dra");
        var bank = await cluster.UntilPublishedAsync();

        await cluster.CreatePodWithClaimAsync("large", Math.Min(200 * GiB, Part(bank, 7)));

        await cluster.UntilReadyAsync("large");
    }

    // Eighths, in whole MiB.
    private static long Part(long bytes, int eighths) => bytes / 8 * eighths >> 20 << 20;
}
