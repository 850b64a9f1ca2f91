using Casemate.Node.DevicePlugin;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>Which devices we wish for.</summary>
public sealed class PreferredDevicesTests
{
    private static readonly DeviceList TwoBanks = DeviceList.Of((0, 100), (1, 100));

    private static int[] Range(int first, int count) => [.. Enumerable.Range(first, count)];

    private static int[] Choose(int[] available, int[] required, int count) =>
        [.. PreferredDevices.Choose(TwoBanks, available, required, count)!];

    [Fact]
    public void AllOfOneBank_WhenOneHasEnough() =>
        Assert.Equal(Range(100, 60), Choose([.. Range(60, 40), .. Range(100, 100)], [], 60));

    [Fact]
    public void TheSmallestBankWithEnough_SoThatTheLargeOneStaysWhole() =>
        Assert.Equal(Range(60, 30), Choose([.. Range(60, 40), .. Range(100, 100)], [], 30));

    [Fact]
    public void TheLargestBankFirst_WhenNoneHasEnough() =>
        Assert.Equal([.. Range(120, 80), .. Range(60, 20)], Choose([.. Range(60, 40), .. Range(120, 80)], [], 100));

    [Fact]
    public void TheBankOfRequiredDevices_EvenIfAnotherWouldDo() =>
        Assert.Equal([5, 150, 0, 1, 2], Choose([.. Range(0, 4), 5, 150], [5, 150], 5));

    [Fact]
    public void Nothing_WhenThereAreNotEnough()
    {
        Assert.Null(PreferredDevices.Choose(TwoBanks, Range(0, 3), [], 4));
        Assert.Null(PreferredDevices.Choose(TwoBanks, Range(0, 3), Range(0, 3), 2));
    }

    [Fact]
    public void WhateverIsAsked_TheChoiceIsOfTheAvailable_WithoutRepetition()
    {
        var random = new Random(20261121);
        for (var i = 0; i < 300; i++)
        {
            var available = Range(0, 200).Where(_ => random.Next(3) > 0).ToArray();
            var required = available.Where(_ => random.Next(20) == 0).ToArray();
            var count = random.Next(required.Length, available.Length + 1);

            var chosen = Choose(available, required, count);

            Assert.Equal(count, chosen.Distinct().Count());
            Assert.Subset(available.ToHashSet(), chosen.ToHashSet());
            Assert.Superset(required.ToHashSet(), chosen.ToHashSet());
        }
    }
}
