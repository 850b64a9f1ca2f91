using Casemate.Node.Advertisement;
using Casemate.Node.Ledger;

namespace Casemate.Node.Tests.Ledger;

/// <summary>The one account of EPC: never more than there is, whoever asks.</summary>
public sealed class EpcLedgerTests
{
    private const long MiB = 1L << 20;

    [Fact]
    public void BeforeItIsRebuilt_NothingIsGiven()
    {
        var ledger = new EpcLedger([Bank(0, 100)]);

        Assert.False(ledger.TryReserve(new EpcUse("pod", MiB), out var refusal));
        Assert.Equal(EpcRefusalReason.NotReady, refusal.Reason);
    }

    [Fact]
    public void WhatIsThere_IsGiven_AndNotMore()
    {
        var ledger = Ready(Bank(0, 100));

        Assert.True(ledger.TryReserve(new EpcUse("a", 60 * MiB), out _));
        Assert.False(ledger.TryReserve(new EpcUse("b", 41 * MiB), out var refusal));
        Assert.Equal(EpcRefusalReason.Exhausted, refusal.Reason);
        Assert.Equal("This node has 100 MiB of EPC for pods, of which 60 MiB are in use; 41 MiB are asked for.", refusal.Message);
        Assert.True(ledger.TryReserve(new EpcUse("b", 40 * MiB), out _));
        Assert.Equal(0, ledger.Usage().FreeBytes);
    }

    [Fact]
    public void MoreThanTheNodeHas_IsToldApart_FromMoreThanIsFree()
    {
        Assert.False(Ready(Bank(0, 100)).TryReserve(new EpcUse("a", 101 * MiB), out var refusal));
        Assert.Equal(EpcRefusalReason.TooLarge, refusal.Reason);
        Assert.Equal("This node has 100 MiB of EPC for pods, 101 MiB are asked for.", refusal.Message);
    }

    [Fact]
    public void TheSameHolder_IsCountedOnce_WithTheLargerAmount()
    {
        var ledger = Ready(Bank(0, 100));

        Assert.True(ledger.TryReserve(new EpcUse("a", 60 * MiB), out _));
        Assert.True(ledger.TryReserve(new EpcUse("a", 60 * MiB), out _));
        Assert.True(ledger.TryReserve(new EpcUse("a", 10 * MiB), out _));
        Assert.Equal(60 * MiB, ledger.Usage().UsedBytes);
        Assert.True(ledger.TryReserve(new EpcUse("a", 100 * MiB), out _));
        Assert.Equal(100 * MiB, ledger.Usage().UsedBytes);
    }

    [Fact]
    public void WhatIsReleased_IsFree()
    {
        var ledger = Ready(Bank(0, 100));
        Assert.True(ledger.TryReserve(new EpcUse("a", 100 * MiB), out _));

        Assert.True(ledger.Release("a"));
        Assert.False(ledger.Release("a"));
        Assert.Equal(100 * MiB, ledger.Usage().FreeBytes);
    }

    [Fact]
    public void ABank_GivesNoMoreThanItHas_EvenWhereTheNodeHasMore()
    {
        var ledger = Ready(Bank(0, 50), Bank(1, 50));

        Assert.True(ledger.TryReserve(new EpcUse("a", 40 * MiB, 1), out _));
        Assert.False(ledger.TryReserve(new EpcUse("b", 20 * MiB, 1), out var refusal));
        Assert.Equal("NUMA node 1 has 50 MiB of EPC for pods, of which 40 MiB are in use; 20 MiB are asked for.", refusal.Message);
        Assert.True(ledger.TryReserve(new EpcUse("b", 20 * MiB, 0), out _));
        Assert.False(ledger.TryReserve(new EpcUse("c", MiB, 7), out refusal));
        Assert.Equal(EpcRefusalReason.UnknownBank, refusal.Reason);
    }

    [Fact]
    public void ThoseWhoDoNotMindTheBank_CountInTheWhole()
    {
        var ledger = Ready(Bank(0, 50), Bank(1, 50));

        Assert.True(ledger.TryReserve(new EpcUse("a", 90 * MiB), out _));
        Assert.False(ledger.TryReserve(new EpcUse("b", 11 * MiB, 0), out var refusal));
        Assert.Equal(EpcRefusalReason.Exhausted, refusal.Reason);
    }

    [Theory]
    [InlineData(-1, EpcRefusalReason.InvalidAmount)]
    [InlineData(long.MinValue, EpcRefusalReason.InvalidAmount)]
    [InlineData(long.MaxValue, EpcRefusalReason.TooLarge)]
    public void WhatIsNoAmount_IsRefused(long bytes, EpcRefusalReason reason)
    {
        Assert.False(Ready(Bank(0, 100)).TryReserve(new EpcUse("a", bytes), out var refusal));
        Assert.Equal(reason, refusal.Reason);
    }

    [Fact]
    public void WhatRunsAlready_IsCounted_EvenBeyondTheWhole()
    {
        var ledger = Ready(Bank(0, 100));

        var usage = ledger.Rebuild([new("a", 80 * MiB), new("b", 80 * MiB), new("b", 10 * MiB)]);

        Assert.Equal((160 * MiB, 60 * MiB, 0), (usage.UsedBytes, usage.OvercommittedBytes, usage.FreeBytes));
        Assert.False(ledger.TryReserve(new EpcUse("c", MiB), out _));
        Assert.True(ledger.TryReserve(new EpcUse("a", 80 * MiB), out _));
    }

    [Fact]
    public void AHugeAccount_DoesNotOverflow()
    {
        var ledger = Ready(Bank(0, 100));

        Assert.Equal(long.MaxValue, ledger.Rebuild([new("a", long.MaxValue), new("b", long.MaxValue)]).UsedBytes);
        Assert.False(ledger.TryReserve(new EpcUse("c", 1), out _));
    }

    [Fact]
    public void ARebuild_WithAWrongUse_ChangesNothing()
    {
        var ledger = Ready(Bank(0, 100));
        Assert.True(ledger.TryReserve(new EpcUse("a", MiB), out _));

        Assert.Throws<ArgumentException>(() => ledger.Rebuild([new("b", 1), new("c", -1)]));
        Assert.Equal("a", Assert.Single(ledger.Usage().Uses).Holder);
    }

    [Fact]
    public void EpcThatShrank_IsGivenNoFurther_AndHoldersKeepWhatTheyHave()
    {
        var ledger = Ready(Bank(0, 100));
        Assert.True(ledger.TryReserve(new EpcUse("a", 90 * MiB), out _));

        Assert.Equal(40 * MiB, ledger.Resize([Bank(0, 50)]).OvercommittedBytes);
        Assert.False(ledger.TryReserve(new EpcUse("b", 1), out _));
        Assert.True(ledger.TryReserve(new EpcUse("a", 90 * MiB), out _));
    }

    [Fact]
    public void NoSequence_OfRequestsAndRestarts_GivesMoreThanThereIs()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            PlannedBank[] banks = [Bank(0, random.Next(1, 500)), Bank(1, random.Next(1, 500))];
            var ledger = Ready(banks);
            for (var step = 0; step < 200; step++)
            {
                var holder = "pod-" + random.Next(20);
                switch (random.Next(10))
                {
                    case < 6:
                        var use = new EpcUse(holder, random.NextInt64(300 * MiB), random.Next(3) is var numa and < 2 ? numa : null);
                        if (ledger.TryReserve(use, out _))
                        {
                            Assert.Contains(ledger.Usage().Uses, held => held.Holder == holder && held.Bytes >= use.Bytes);
                        }

                        break;
                    case < 9:
                        ledger.Release(holder);
                        break;
                    default:
                        // A restart: a new ledger that is told what runs.
                        var running = ledger.Usage();
                        ledger = new EpcLedger(banks);
                        Assert.Equal(running, ledger.Rebuild(running.Uses));
                        break;
                }

                var usage = ledger.Usage();
                Assert.True(usage.UsedBytes <= usage.CapacityBytes);
                Assert.All(usage.Banks, bank => Assert.True(bank.UsedBytes <= bank.CapacityBytes));
            }
        }
    }

    [Fact]
    public async Task ManyAtOnce_GetNoMoreThanThereIs()
    {
        var ledger = Ready(Bank(0, 100));

        var given = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(
            () => Enumerable.Range(0, 100).Count(i => ledger.TryReserve(new EpcUse($"{worker}-{i}", MiB), out _)))));

        Assert.Equal(100, given.Sum());
        Assert.Equal(100 * MiB, ledger.Usage().UsedBytes);
    }

    private static PlannedBank Bank(int numa, long mib) => new(numa, (mib + 5) * MiB, 5 * MiB, 0, mib * MiB);

    private static EpcLedger Ready(params PlannedBank[] banks)
    {
        var ledger = new EpcLedger(banks);
        ledger.Rebuild([]);
        return ledger;
    }
}
