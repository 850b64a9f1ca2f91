using System.Globalization;
using System.Net;
using Casemate.Serve.Pccs;
using Casemate.Testing;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>How many unknown machines one source may bring, and that no number of sources keeps another's machines out.</summary>
public sealed class NewMachineLimitTests
{
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    private NewMachineLimit Limit(int perSource = 2, int sources = 4096) => new(perSource, _time, sources);

    [Fact]
    public void ASource_MayBringItsNumber_AndAskAgainForThose()
    {
        var limit = Limit();
        Assert.True(Take(limit, "192.0.2.1", "a"));
        Assert.True(Take(limit, "192.0.2.1", "b"));

        Assert.False(limit.TryTake(IPAddress.Parse("192.0.2.1"), "c", out var full, out var retryAfter));

        Assert.Equal("192.0.2.1", full);
        Assert.Equal(TimeSpan.FromHours(1), retryAfter);
        Assert.True(Take(limit, "192.0.2.1", "A"));
        Assert.True(Take(limit, "192.0.2.2", "c"));
        Assert.True(limit.TryTake(null, "c", out _, out _));
    }

    [Fact]
    public void AfterAnHour_ItMayBringOthers()
    {
        var limit = Limit(perSource: 1);
        Assert.True(Take(limit, "2001:db8::1", "a"));
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(Take(limit, "2001:db8::1", "b"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(Take(limit, "2001:db8::1", "b"));
    }

    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1::2", false)]               // one machine has many addresses
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", true)]
    public void TwoAddresses_AreOneSource_WhenOneOwnerHasBoth(string first, string second, bool areTwo)
    {
        var limit = Limit(perSource: 1);
        Assert.True(Take(limit, first, "a"));
        Assert.Equal(areTwo, Take(limit, second, "b"));
    }

    [Fact]
    public void ASite_MayBringEightTimesAsMuch_FromHoweverManyNetworksOfIt()
    {
        var limit = Limit();
        var taken = Enumerable.Range(0, 10_000).Count(n => Take(limit, $"2001:db8:7:{n:x}::1", $"m{n}"));

        Assert.Equal(16, taken);
        Assert.False(limit.TryTake(IPAddress.Parse("2001:db8:7:ffff::1"), "more", out var full, out var retryAfter));
        Assert.Equal("2001:db8:7::/48", full);
        Assert.Equal(TimeSpan.FromHours(1), retryAfter);
        Assert.True(Take(limit, "2001:db8:8::1", "more"));
        Assert.True(Take(limit, "2001:db8:7::1", "m0"));                   // known, and answered as before
    }

    [Fact]
    public void AProvider_MayBringSixtyFourTimesAsMuch_FromHoweverManySites()
    {
        var limit = Limit();
        var taken = Enumerable.Range(0, 10_000).Count(n => Take(limit, $"2001:db8:{n:x}::1", $"m{n}"));

        Assert.Equal(128, taken);
        Assert.False(limit.TryTake(IPAddress.Parse("2001:db8:ffff::1"), "more", out var full, out _));
        Assert.Equal("2001:db8::/32", full);
        Assert.True(Take(limit, "2001:db9::1", "more"));
    }

    [Theory]
    [InlineData("10.{0}.{1}.1")]
    [InlineData("2{0:x3}:{1:x}::1")]                                       // another /32 each
    public void HoweverManySourcesThereAre_OneMoreIsHeard_AndTheTableStaysSmall(string form)
    {
        var limit = Limit(perSource: 1, sources: 64);
        for (var n = 0; n < 1000; n++)
        {
            Assert.True(Take(limit, string.Format(CultureInfo.InvariantCulture, form, n / 200, n % 200), $"m{n}"));
        }

        Assert.Equal(64, limit.SourceCount);
        Assert.True(Take(limit, "198.51.100.7", "honest"));
        Assert.False(Take(limit, "198.51.100.7", "second"));
        Assert.Equal(64, limit.SourceCount);
    }

    private static bool Take(NewMachineLimit limit, string address, string machine) =>
        limit.TryTake(IPAddress.Parse(address), machine, out _, out _);
}
