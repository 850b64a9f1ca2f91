using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Ledger;
using Casemate.Node.Resources;
using Casemate.Rpc.Kubelet.PodResources;
using Casemate.Testing;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>Who holds what: what was given, what the kubelet lists, what claims and other pods have, and the one account of it.</summary>
public sealed class AllocationBookTests
{
    private const long MiB = 1 << 20;
    private const int Devices = 64;
    private static readonly string Epc = ResourceFamily.Azure.Name;
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly EpcLedger _ledger = new([new PlannedBank(0, Devices * MiB, 0, Devices, Devices * MiB)]);
    private readonly AllocationBook _book;

    public AllocationBookTests() => _book = new AllocationBook(_ledger, Grace, _time);

    private long Used => _ledger.Usage().UsedBytes / MiB;

    private static Allocation Of(params IEnumerable<int> devices) => Allocation.Of(Epc, devices, MiB, _ => null);

    private static ListPodResourcesResponse List(params IEnumerable<int>[] containers)
    {
        var list = new ListPodResourcesResponse();
        for (var i = 0; i < containers.Length; i++)
        {
            list.PodResources.Add(new Rpc.Kubelet.PodResources.PodResources
            {
                Namespace = "n",
                Name = $"p{i}",
                Containers =
                {
                    new ContainerResources
                    {
                        Name = "c",
                        Devices =
                        {
                            new ContainerDevices { ResourceName = "vendor.com/gpu", DeviceIds = { "0" } },
                            new ContainerDevices { ResourceName = Epc, DeviceIds = { containers[i].Select(EpcDeviceIds.Of) } },
                        },
                    },
                },
            });
        }

        return list;
    }

    private void Listed(params IEnumerable<int>[] containers) => _book.Reconcile(List(containers), (_, _) => null);

    [Fact]
    public void GivesNothing_BeforeItKnowsWhatIsHeld()
    {
        Assert.False(_book.IsReady);
        Assert.False(_book.TryGive(Of(0), out var refusal));
        Assert.Equal(EpcRefusalReason.NotReady, refusal.Reason);
        Assert.False(_book.IsHeld(Epc));

        Listed();

        Assert.True(_book.IsReady);
        Assert.True(_book.TryGive(Of(0), out _));
    }

    [Fact]
    public void KeepsWhatWasGiven_AfterAnOlderListWasAskedFor()
    {
        Listed([0, 1, 2]);
        var asked = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.True(_book.TryGive(Of(0, 1, 3), out _));                    // the first container ended meanwhile

        _book.Reconcile(List([0, 1, 2]), (_, _) => null, asked);

        Assert.True(_book.IsLive(Of(0, 1, 3).Id));
        Assert.False(_book.IsLive(Of(0, 1, 2).Id));
        Assert.Equal(3, Used);
    }

    [Fact]
    public void KeepsWhatWasGiven_InTheSameTickAsTheListWasAskedFor()
    {
        Listed([0, 1, 2]);
        var asked = _time.GetTimestamp();
        Assert.True(_book.TryGive(Of(2, 3), out _));

        _book.Reconcile(List([0, 1, 2]), (_, _) => null, asked);

        Assert.True(_book.IsLive(Of(2, 3).Id));
        Assert.Equal(2, Used);
    }

    [Fact]
    public void BelievesTheKubelet_WhenItsListIsNewerThanWhatWasGiven()
    {
        Listed();
        Assert.True(_book.TryGive(Of(0, 1, 3), out _));
        _time.Advance(TimeSpan.FromMilliseconds(5));

        _book.Reconcile(List([0, 1, 2]), (_, _) => null, _time.GetTimestamp());

        Assert.False(_book.IsLive(Of(0, 1, 3).Id));
        Assert.True(_book.IsLive(Of(0, 1, 2).Id));
    }

    [Fact]
    public void KeepsTheGraceTimeOfWhatWasGiven_WhenAnOlderListNamesItsDevices()
    {
        Listed([0, 1]);
        var asked = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.True(_book.TryGive(Of(0, 1), out _));
        _book.Reconcile(List([0, 1]), (_, _) => null, asked);

        _time.Advance(Grace);
        _book.Reconcile(List(), (_, _) => null, _time.GetTimestamp());
        Assert.True(_book.IsLive(Of(0, 1).Id));

        _time.Advance(TimeSpan.FromSeconds(1));
        _book.Reconcile(List(), (_, _) => null, _time.GetTimestamp());
        Assert.False(_book.IsLive(Of(0, 1).Id));
    }

    [Theory]
    [InlineData(3650)]
    [InlineData(-3650)]
    public void WhatWasJustGiven_HasItsGraceTime_HoweverTheClockIsSet(int days)
    {
        var time = new SteppedTimeProvider(_time);
        var book = new AllocationBook(_ledger, Grace, time);
        book.Reconcile(List(), (_, _) => null);
        Assert.True(book.TryGive(Of(1, 2, 3), out _));
        time.Step(TimeSpan.FromDays(days));

        book.Reconcile(List(), (_, _) => null);
        Assert.Equal(3, Used);
        Assert.True(book.IsLive(Of(1, 2, 3).Id));

        _time.Advance(Grace + TimeSpan.FromSeconds(1));
        book.Reconcile(List(), (_, _) => null);
        Assert.Equal(0, Used);
    }

    [Fact]
    public void TheSameDevicesTwice_AreCountedOnce()
    {
        Listed();
        Assert.True(_book.TryGive(Of(1, 2, 3), out _));
        Assert.True(_book.TryGive(Of(3, 2, 1), out _));

        Assert.Equal(3, Used);
    }

    [Fact]
    public void ADeviceThatIsGivenAnew_SaysThatItsFormerHolderIsGone()
    {
        Listed();
        var former = Of(Enumerable.Range(0, 60));
        Assert.True(_book.TryGive(former, out _));

        Assert.True(_book.TryGive(Of(Enumerable.Range(59, 5)), out _));

        Assert.Equal(5, Used);
        Assert.False(_book.IsLive(former.Id));
    }

    [Fact]
    public void WhatIsRefused_ChangesNothing()
    {
        Listed();
        _book.SetOthers([new EpcUse("pod", 60 * MiB, null)]);
        Assert.True(_book.TryGive(Of(0, 1), out _));

        Assert.False(_book.TryGive(Of(Enumerable.Range(2, 3)), out var refusal));

        Assert.Equal(EpcRefusalReason.Exhausted, refusal.Reason);
        Assert.Equal(62, Used);
    }

    [Fact]
    public void AnAllocationOfTwoBanks_IsGivenWholeOrNotAtAll()
    {
        _ledger.Resize([new PlannedBank(0, 8 * MiB, 0, 8, 8 * MiB), new PlannedBank(1, 2 * MiB, 0, 2, 2 * MiB)]);
        Listed();
        var both = Allocation.Of(Epc, Enumerable.Range(6, 5), MiB, index => index < 8 ? 0 : 1);

        Assert.False(_book.TryGive(both, out _));

        Assert.Equal(0, Used);
        Assert.False(_book.IsLive(both.Id));
    }

    [Fact]
    public void DevicesWhoseBankBecameKnownLater_AreCountedOnce()
    {
        Listed();
        Assert.True(_book.TryGive(Of(Enumerable.Range(0, 40)), out _));

        var again = Allocation.Of(Epc, Enumerable.Range(0, 40), MiB, _ => 0);
        Assert.True(_book.TryGive(again, out var refusal), refusal?.Message);

        Assert.Equal(40, Used);
    }

    [Fact]
    public void WhatIsTakenBack_IsFree()
    {
        Listed();
        var allocation = Of(Enumerable.Range(0, Devices));
        Assert.True(_book.TryGive(allocation, out _));
        _book.TakeBack(allocation);

        Assert.Equal(0, Used);
        Assert.False(_book.IsHeld(Epc));
        Assert.True(_book.TryGive(Of(Enumerable.Range(0, Devices)), out _));
    }

    [Fact]
    public void WhatTheKubeletLists_IsHeld_ByEachContainerForItself()
    {
        Listed([0, 1], [2], [5]);

        Assert.Equal(4, Used);
        Assert.Equal(3, _ledger.Usage().Uses.Count);
        Assert.True(_book.IsHeld(Epc));
        Assert.False(_book.IsHeld(AccessResource.Enclave));
        Assert.True(_book.IsLive(Of(0, 1).Id));
    }

    [Fact]
    public void WhatTheKubeletDoesNotListAnyMore_GoesAfterTheGraceTime()
    {
        Listed([0, 1]);
        _time.Advance(Grace);
        Listed();
        Assert.Equal(2, Used);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Listed();

        Assert.Equal(0, Used);
    }

    [Fact]
    public void WithoutAList_NothingIsForgotten()
    {
        Listed([0, 1]);
        _time.Advance(Grace * 10);

        _book.Reconcile(null, (_, _) => null);

        Assert.Equal(2, Used);
    }

    [Fact]
    public void IdsThatAreNone_AndResourcesOfOthers_AreNotHeld()
    {
        var list = List([0]);
        list.PodResources[0].Containers[0].Devices[1].DeviceIds.Clear();
        list.PodResources[0].Containers[0].Devices[1].DeviceIds.AddRange(["", "not an id", new string('z', 100), "é"]);
        list.PodResources[0].Containers[0].Devices.Add(new ContainerDevices { ResourceName = "sgx.intel.com/epc", DeviceIds = { "1" } });

        _book.Reconcile(list, (_, _) => null);

        Assert.Equal(0, Used);
    }

    [Fact]
    public void WhatRunsIsCounted_EvenWhenItIsMoreThanThereIs()
    {
        Listed(Enumerable.Range(0, 1000));

        Assert.Equal(1000, Used);
        Assert.False(_book.TryGive(Of(2000), out var refusal));
        Assert.Equal(EpcRefusalReason.Exhausted, refusal.Reason);
    }

    [Fact]
    public void AClaim_IsGivenAllOrNothing_AndKeepsWhatItHad()
    {
        Listed();
        Assert.True(_book.TryGiveClaim("c", [new EpcUse("c/a", 30 * MiB, 0)], out _));
        Assert.True(_book.HasClaims);

        Assert.False(_book.TryGiveClaim("c", [new EpcUse("c/a", 20 * MiB, 0), new EpcUse("c/b", 50 * MiB, 0)], out _));
        Assert.Equal(30, Used);
        Assert.True(_book.TryGiveClaim("c", [new EpcUse("c/a", 20 * MiB, 0), new EpcUse("c/b", 44 * MiB, 0)], out var refusal), refusal?.Message);
        Assert.Equal(64, Used);

        _book.ReleaseClaim("c");
        _book.ReleaseClaim("c");
        Assert.Equal(0, Used);
        Assert.False(_book.HasClaims);
    }

    [Fact]
    public void Claims_SurviveWhatTheKubeletLists()
    {
        _book.RestoreClaims(new Dictionary<string, IReadOnlyList<EpcUse>> { ["c"] = [new EpcUse("c/a", 100 * MiB, 0)] });
        Listed([0]);

        Assert.Equal(101, Used);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void WhateverHappens_NoMoreIsGivenThanThereIs_AndTheAccountIsThatOfItsEntries(int seed)
    {
        // Devices overlap only with those of a holder that is gone, as with the kubelet; what it lists was given before.
        var random = new Random(seed);
        var held = new List<Allocation>();
        var claims = new Dictionary<string, long>();
        Listed();
        for (var step = 0; step < 600; step++)
        {
            var free = Enumerable.Range(0, Devices).Except(held.SelectMany(allocation => allocation.Devices)).ToArray();
            switch (random.Next(6))
            {
                case 0 or 1 when free.Length > 0:
                    random.Shuffle(free);
                    var wanted = Of(free.Take(random.Next(1, free.Length + 1)));
                    var room = Devices - Used - wanted.Devices.Count >= 0;
                    var given = _book.TryGive(wanted, out _);
                    Assert.True(given || !room);
                    if (given)
                    {
                        held.Add(wanted);
                    }

                    break;
                case 2 when held.Count > 0:
                    var ended = held[random.Next(held.Count)];
                    held.Remove(ended);
                    break;                                                 // the kubelet tells nobody; its list does, in time
                case 3:
                    _time.Advance(random.Next(2) == 0 ? TimeSpan.FromSeconds(10) : Grace + TimeSpan.FromSeconds(1));
                    Listed([.. held.Select(allocation => allocation.Devices)]);
                    break;
                case 4:
                    var claim = $"claim-{random.Next(4)}";
                    var bytes = random.Next(1, 40) * MiB;
                    if (_book.TryGiveClaim(claim, [new EpcUse(claim, bytes, random.Next(2) == 0 ? 0 : null)], out _))
                    {
                        claims[claim] = bytes;
                    }

                    break;
                case 5:
                    var released = $"claim-{random.Next(4)}";
                    _book.ReleaseClaim(released);
                    claims.Remove(released);
                    break;
                default:
                    break;
            }

            Assert.True(_ledger.Usage().UsedBytes <= _ledger.Usage().CapacityBytes);
            Assert.True(Used >= held.Sum(allocation => allocation.Devices.Count) + (claims.Values.Sum() / MiB));
        }

        _time.Advance(Grace * 2);
        Listed([.. held.Select(allocation => allocation.Devices)]);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(held.Sum(allocation => allocation.Devices.Count) + (claims.Values.Sum() / MiB), Used);
    }

    [Fact]
    public async Task AListOfTensOfThousandsOfContainers_IsReadInAMoment()
    {
        const int containers = 50_000;
        var list = List([.. Enumerable.Range(0, containers).Select(device => Enumerable.Repeat(device, 1))]);

        await Task.Run(() =>
        {
            _book.Reconcile(list, (_, _) => null, _time.GetTimestamp());
            _book.Reconcile(list, (_, _) => null, _time.GetTimestamp());
        }).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(containers, Used);
    }
}
