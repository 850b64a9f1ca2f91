namespace Casemate.Kubernetes.Tests.Resources;

/// <summary>How much EPC a pod holds.</summary>
public sealed class PodEpcTests
{
    [Fact]
    public void ContainersAreAddedUp() => Assert.Equal(30, Used(Runs(10), Runs(20)));

    [Fact]
    public void AContainerUnderTwoNames_IsCountedOnce_WithTheLarger() =>
        Assert.Equal(10, Used(new ContainerEpc(ContainerKind.Main, [new(ResourceFamily.Azure, 10), new(ResourceFamily.Intel, 9L << 20)])));

    [Fact]
    public void AnInitContainer_CountsOnlyWhenItIsMore()
    {
        Assert.Equal(30, Used(Init(20), Runs(30)));
        Assert.Equal(40, Used(Init(40), Init(20), Runs(30)));
    }

    [Fact]
    public void ASidecar_CountsForThePodsLife() => Assert.Equal(35, Used(Sidecar(5), Init(20), Runs(30)));

    [Fact]
    public void AnInitContainer_RunsBesideTheSidecarsBeforeIt()
    {
        Assert.Equal(45, Used(Sidecar(5), Init(40), Runs(30)));
        Assert.Equal(40, Used(Init(40), Sidecar(5), Runs(30)));
    }

    [Fact]
    public void NoRequests_AreNothing() => Assert.Equal(0, Used(new ContainerEpc(ContainerKind.Main, [])));

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void WhatIsNoAmount_CannotBeTold(long mib) =>
        Assert.False(PodEpc.TryUsed([new ContainerEpc(ContainerKind.Main, [new(ResourceFamily.Azure, mib)])], out _));

    [Fact]
    public void ASumTooLarge_CannotBeTold()
    {
        var most = new ContainerEpc(ContainerKind.Main, [new(ResourceFamily.Intel, long.MaxValue)]);

        Assert.False(PodEpc.TryUsed([most, most], out _));
        Assert.False(PodEpc.TryUsed([most with { Kind = ContainerKind.RestartableInit }, most], out _));
        Assert.False(PodEpc.TryUsed([most with { Kind = ContainerKind.RestartableInit }, most with { Kind = ContainerKind.Init }], out _));
    }

    private static ContainerEpc Runs(long mib) => new(ContainerKind.Main, [new(ResourceFamily.Azure, mib)]);

    private static ContainerEpc Init(long mib) => Runs(mib) with { Kind = ContainerKind.Init };

    private static ContainerEpc Sidecar(long mib) => Runs(mib) with { Kind = ContainerKind.RestartableInit };

    private static long Used(params ContainerEpc[] containers)
    {
        Assert.True(PodEpc.TryUsed(containers, out var bytes));
        return bytes >> 20;
    }
}
