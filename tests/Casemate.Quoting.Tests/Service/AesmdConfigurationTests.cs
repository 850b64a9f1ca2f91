using System.Text;
using Casemate.Quoting.Service;

namespace Casemate.Quoting.Tests.Service;

public sealed class AesmdConfigurationTests
{
    [Fact]
    public void ReadsTheTwoSettingsThatMeanSomething()
    {
        var configuration = Read("# Intel's comments\n\n default quoting type = ecdsa_256 \r\nqpl log level=info\n");
        Assert.Equal(("ecdsa_256", "info"), (configuration.DefaultQuotingType, configuration.QplLogLevel));
        Assert.Empty(configuration.Warnings);
    }

    [Theory]
    [InlineData("proxy type = direct", "line 1: 'proxy type' means nothing to this service")]
    [InlineData("whitelist url = http://example.test/x", "line 1: 'whitelist url' means nothing")]
    [InlineData("default quoting type = epid_linkable", "line 1: EPID is gone; use ecdsa_256")]
    [InlineData("qpl log level = loud", "line 1: 'qpl log level' is 'loud'; use error, info")]
    [InlineData("something", "line 1: 'something' is not NAME = VALUE")]
    [InlineData("qpl log level = info\nqpl log level = error", "line 2: 'qpl log level' is set before")]
    [InlineData("\u001b[31m = x", "line 1: '?[31m' means nothing")]
    public void WarnsOfWhatItDoesNotUse(string text, string warning) =>
        Assert.StartsWith(warning, Assert.Single(Read(text).Warnings), StringComparison.Ordinal);

    [Fact]
    public void AnswersAnything_InBoundedTime()
    {
        var configuration = AesmdConfiguration.Read(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("x\n", 1_000_000))));
        Assert.Equal(100, configuration.Warnings.Length);
        Assert.Contains("only the first 65536", configuration.Warnings[0], StringComparison.Ordinal);
    }

    private static AesmdConfiguration Read(string text) => AesmdConfiguration.Read(Encoding.UTF8.GetBytes(text));
}
