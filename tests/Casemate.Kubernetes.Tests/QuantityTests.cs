namespace Casemate.Kubernetes.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("10Mi", 10_485_760L)]
    [InlineData("256Gi", 274_877_906_944L)]
    [InlineData("1e3", 1000L)]
    [InlineData("2E3", 2000L)]
    [InlineData("5k", 5000L)]
    [InlineData("1500m", null)]
    [InlineData("2000m", 2L)]
    [InlineData("-1", -1L)]
    [InlineData("1.5Gi", 1_610_612_736L)]
    [InlineData("", null)]
    [InlineData("Mi", null)]
    [InlineData("10MiB", null)]
    [InlineData(" 10", null)]
    [InlineData("1,000", null)]
    [InlineData("99999999999999999999999999999", null)]
    [InlineData("9e9999", null)]
    [InlineData("9999999999999999999999Ei", null)]
    public void Reads_WholeNumbers(string text, long? expected) =>
        Assert.Equal(expected, Quantity.TryReadWhole(text, out var value) ? value : null);

    [Fact]
    public void Reads_Fractions()
    {
        Assert.True(Quantity.TryRead("1500m", out var value));
        Assert.Equal(1.5m, value);
    }
}
