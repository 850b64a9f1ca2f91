namespace Casemate.Broker.Tests.Resources;

public class ResourcePathTests
{
    [Theory]
    [InlineData("default/key/1")]
    [InlineData("_a/-b/c.d-e_f")]
    [InlineData("A/B/C..d")]
    public void Reads_ThreeSegments(string text)
    {
        Assert.True(ResourcePath.TryParse(text, out var path));
        Assert.Equal(text, path.ToString());
        Assert.Equal(path, ResourcePath.Parse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a/b/c/d")]
    [InlineData("/a/b/c")]
    [InlineData("a//c")]
    [InlineData("../b/c")]
    [InlineData("a/../c")]
    [InlineData("a/b/..")]
    [InlineData("a/b/.hidden")]
    [InlineData("a/b/c ")]
    [InlineData("a/b/%2e")]
    [InlineData("a\\b/c/d")]
    [InlineData("a/b/c\n")]
    [InlineData("a/b/é")]
    [InlineData("a/b/\0")]
    public void Refuses_EverythingElse(string? text)
    {
        Assert.False(ResourcePath.TryParse(text, out _));
        if (text is not null)
        {
            Assert.Contains(
                "default/key/1", Assert.Throws<FormatException>(() => ResourcePath.Parse(text)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Limits_Segments()
    {
        Assert.True(ResourcePath.TryParse($"{new string('a', 128)}/b/c", out _));
        Assert.False(ResourcePath.TryParse($"{new string('a', 129)}/b/c", out _));
        Assert.Throws<FormatException>(() => new ResourcePath("a", "b", ".."));
    }

    [Fact]
    public void Hash_StandsForTheName() =>
        Assert.Equal("d6ababe9477183f4718e2b4c42a434ccbc8dfc03e5b1f5fa93960940de7b25fa", ResourcePath.Parse("default/key/1").Hash());
}
