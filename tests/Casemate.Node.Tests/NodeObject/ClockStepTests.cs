using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Tests.NodeObject;

/// <summary>The machine's clock is set while the agent runs: what waits becomes neither early nor late.</summary>
public sealed class ClockStepTests : NodeObjectFixture
{
    private static readonly NodeAttestationResult Refused = new(false, "TcbOutOfDate", "The TCB is out of date.");

    private readonly TestAttestation _attestation = new();
    private readonly SteppedTimeProvider _time;

    public ClockStepTests() => _time = new SteppedTimeProvider(Clock);

    internal override TimeProvider Time => _time;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Server.Delete(KubeResource.Nodes, null, "n1");
        MakeNode(closed: true);
        Use(_attestation);
    }

    [Theory]
    [InlineData(-3650)]
    [InlineData(3650)]
    public async Task AttestsAgain_AfterADay_AndNotBefore(int days)
    {
        await AttestAsync();
        _time.Step(TimeSpan.FromDays(days));
        await PassAsync();
        Assert.Equal(1, _attestation.Calls);

        Clock.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));
        await PassAsync();

        Assert.Equal(2, _attestation.Calls);
    }

    [Theory]
    [InlineData(-3650)]
    [InlineData(3650)]
    public async Task TriesAFailedAttestationAgain_AfterItsWait_AndNotBefore(int days)
    {
        _attestation.Result = Refused;
        await AttestAsync();
        _attestation.Result = TestAttestation.Accepted;
        _time.Step(TimeSpan.FromDays(days));
        await PassAsync();
        Assert.Equal(1, _attestation.Calls);

        Clock.Advance(TimeSpan.FromSeconds(31));
        await PassAsync();

        Assert.Equal(2, _attestation.Calls);
        Assert.Empty(Taints);
    }

    [Fact]
    public async Task OpensNoNode_BecauseTheClockWasSetForward()
    {
        Use(_attestation, settings => settings with { DeadlineAction = StartupDeadlineAction.AdmitUnattested });
        _attestation.Result = Refused;
        await AttestAsync();
        _time.Step(TimeSpan.FromDays(1));
        await PassAsync();
        Assert.Equal([NodeMarks.StartupTaint], Taints);
        Assert.False(Reconciler.Status.IsStuck);

        Clock.Advance(TimeSpan.FromMinutes(16));
        await PassAsync();

        Assert.True(Reconciler.Status.IsStuck);
        Assert.Empty(Taints);
    }

    [Fact]
    public async Task WritesAnAmountAgain_AfterTheClockWasSetBack()
    {
        await AttestAsync();
        for (var i = 0; i < 3; i++)
        {
            SetCapacity("other", Intel, $"{i + 1}");
            await PassAsync();
        }

        SetCapacity("other", Intel, "9");
        await PassAsync();
        Assert.Equal("9", Capacity(Intel));
        _time.Step(TimeSpan.FromDays(-3650));
        await PassAsync();
        Assert.Equal("9", Capacity(Intel));

        Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        await PassAsync();

        Assert.Equal($"{Amount}", Capacity(Intel));
    }

    private async Task AttestAsync()
    {
        await PassAsync(Large);
        KubeletStatus();
        await PassAsync();
    }
}
