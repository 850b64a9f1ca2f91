using System.Globalization;
using Casemate.Rpc.Wire;

namespace Casemate.Rpc.Tests.Wire;

/// <summary>The encoding of grpc-timeout.</summary>
public sealed class CallTimeoutTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("600n", 6)]
    [InlineData("601n", 7)]
    [InlineData("0S", 0)]
    [InlineData("00000001S", 10_000_000)]
    public void EveryUnit_IsRead(string value, long ticks)
    {
        Assert.True(CallTimeout.TryRead(value, out var timeout));
        Assert.Equal(TimeSpan.FromTicks(ticks), timeout);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("1s")]
    [InlineData("1h")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1S ")]
    [InlineData("１S")]
    [InlineData("000000001S")]
    public void AnythingElse_IsRefused(string? value) => Assert.False(CallTimeout.TryRead(value, out _));

    [Fact]
    public void TheLongestTimes_AreCutToWhatTimersTake()
    {
        Assert.True(CallTimeout.TryRead("99999999H", out var timeout));
        Assert.Equal(CallTimeout.Longest, timeout);
    }

    [Fact]
    public void AnyTime_IsWrittenInAtMostEightDigits_AndNeverShorter()
    {
        var random = new Random(3);
        for (var round = 0; round < 20_000; round++)
        {
            var time = TimeSpan.FromTicks(1 + (random.NextInt64(CallTimeout.Longest.Ticks) >> random.Next(50)));
            var value = CallTimeout.Write(time);

            Assert.InRange(value.Length, 2, 9);
            Assert.True(CallTimeout.TryRead(value, out var read));
            Assert.InRange(read, time, Min(CallTimeout.Longest, (time * 1.001) + TimeSpan.FromMicroseconds(1)));
        }
    }

    [Fact]
    public void AnyDigitsAndUnit_AreRead()
    {
        var random = new Random(4);
        for (var round = 0; round < 20_000; round++)
        {
            var number = random.Next(100_000_000);
            var unit = "HMSmun"[random.Next(6)];
            Assert.True(CallTimeout.TryRead(number.ToString(CultureInfo.InvariantCulture) + unit, out var timeout));
            Assert.InRange(timeout, TimeSpan.Zero, CallTimeout.Longest);
        }
    }

    [Theory]
    [InlineData(10_000_000, "1000000u")]
    [InlineData(1_000_000_000_000, "100000S")]
    [InlineData(10_000_000_000_000, "1000000S")]
    public void ATime_IsWrittenInTheFinestUnitThatHoldsIt(long ticks, string value) =>
        Assert.Equal(value, CallTimeout.Write(TimeSpan.FromTicks(ticks)));

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
