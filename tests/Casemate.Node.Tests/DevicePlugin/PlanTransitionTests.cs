using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>When the node may offer EPC in another way, and when that has to wait for pods to end.</summary>
public sealed class PlanTransitionTests
{
    private static readonly AdvertisementPlan Devices = Plan(new());
    private static readonly AdvertisementPlan OtherName = Plan(new() { Family = ResourceFamily.OpenEnclave });
    private static readonly AdvertisementPlan Number = Plan(new() { Family = ResourceFamily.Intel });
    private static readonly AdvertisementPlan Dra = Plan(new() { Dra = true });
    private static readonly AdvertisementPlan Nothing = AdvertisementPlan.Make(
        new TestMachine { Devices = "" }.Scan(), new AdvertisementSettings());

    private static AdvertisementPlan Plan(AdvertisementSettings settings, long mib = 64) => AdvertisementPlan.Make(
        new TestMachine { Cpuid = TestMachine.Processor((0x1_0000_0000, mib * TestMachine.MiB)) }.Scan(), settings);

    public static TheoryData<string, string, string> Ways => new()
    {
        { nameof(Devices), nameof(OtherName), $"devices of {ResourceFamily.Azure.Name}; it is offered as devices of {ResourceFamily.OpenEnclave.Name}" },
        { nameof(Devices), nameof(Number), $"devices of {ResourceFamily.Azure.Name}; it is offered as an amount of sgx.intel.com/epc in the node's status" },
        { nameof(Devices), nameof(Dra), $"devices of {ResourceFamily.Azure.Name}; it is offered as devices of ResourceSlices" },
        { nameof(Dra), nameof(Number), "devices of ResourceSlices; it is offered as an amount of sgx.intel.com/epc in the node's status" },
        { nameof(Number), nameof(Devices), $"an amount of sgx.intel.com/epc in the node's status; it is offered as devices of {ResourceFamily.Azure.Name}" },
    };

    private static AdvertisementPlan Of(string name) => name switch
    {
        nameof(Devices) => Devices,
        nameof(OtherName) => OtherName,
        nameof(Number) => Number,
        nameof(Dra) => Dra,
        _ => Nothing,
    };

    [Fact]
    public void ThePlansOfThisTest_AreWhatTheyAreCalled() => Assert.Equal(
        [EpcFrontEnd.OneDevicePerMib, EpcFrontEnd.OneDevicePerMib, EpcFrontEnd.NodeCapacity, EpcFrontEnd.Dra, EpcFrontEnd.None],
        new[] { Devices, OtherName, Number, Dra, Nothing }.Select(plan => plan.FrontEnd));

    [Theory]
    [MemberData(nameof(Ways))]
    public void AnotherWay_HasToWait_WhileAPodHoldsEpc(string current, string next, string words)
    {
        var (plan, deferred) = PlanTransition.Choose(Of(current), Of(next), isHeld: true);

        Assert.Same(Of(current), plan);
        Assert.Equal($"Pods hold EPC that is offered as {words} when the last of them has ended, or on a new node.", deferred);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void AnotherWay_IsTakenAtOnce_WhenNobodyHoldsAny(string current, string next, string words)
    {
        Assert.NotEmpty(words);
        var (plan, deferred) = PlanTransition.Choose(Of(current), Of(next), isHeld: false);

        Assert.Same(Of(next), plan);
        Assert.Null(deferred);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheSameWayWithAnotherAmount_IsTakenAtOnce(bool isHeld)
    {
        var more = Plan(new(), mib: 96);

        Assert.Equal((more, null), PlanTransition.Choose(Devices, more, isHeld));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FromNothing_EveryWayIsTakenAtOnce(bool isHeld) => Assert.Equal((Dra, null), PlanTransition.Choose(Nothing, Dra, isHeld));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HardwareThatIsGone_KeepsItsNames_WithNothingBehindThem(bool isHeld)
    {
        var (plan, deferred) = PlanTransition.Choose(Devices, Nothing, isHeld);

        Assert.Null(deferred);
        Assert.Equal((EpcFrontEnd.OneDevicePerMib, Devices.Family), (plan.FrontEnd, plan.Family));
        Assert.Equal(Devices.Resources.Select(resource => resource.Name), plan.Resources.Select(resource => resource.Name));
        Assert.Equal((0, 0), (plan.AvailableBytes, plan.AdvertisedBytes));

        Assert.Equal((Devices, null), PlanTransition.Choose(plan, Devices, isHeld));
    }
}
