using System.Text;
using System.Text.Json;
using Casemate.Oci.Documents;
using static Casemate.Oci.Tests.Documents.Samples;

namespace Casemate.Oci.Tests.Documents;

/// <summary>Configurations: OCI Image Format Specification 1.1, config.md.</summary>
public sealed class ImageConfigTests
{
    [Fact]
    public void ReadsAConfiguration()
    {
        var config = ImageConfig.Parse(Bytes(Config), "c");

        Assert.Equal(Platform.LinuxAmd64, config.Platform);
        Assert.Equal(new DateTimeOffset(2015, 10, 31, 22, 22, 56, TimeSpan.Zero).AddTicks(159252), config.CreatedAt);
        Assert.Equal("65532", config.Config.User);
        Assert.Equal(["PATH=/bin", "FOO=a=b"], config.Config.Env);
        Assert.Equal(["/bin/app"], config.Config.Entrypoint);
        Assert.Equal(["-f"], config.Config.Cmd);
        Assert.Equal(["8080/tcp"], config.Config.ExposedPorts);
        Assert.Equal(["/var/job"], config.Config.Volumes);
        Assert.Equal("/home", config.Config.WorkingDir);
        Assert.Equal("<2>", config.Config.Labels["a"]);
        Assert.Equal("SIGQUIT", config.Config.StopSignal);
        Assert.Equal(2, config.DiffIds.Count);
        Assert.True(config.History[1].EmptyLayer);
        Assert.Equal("/bin/sh -c #(nop) ADD file", config.History[0].CreatedBy);
    }

    [Fact]
    public void NothingIsLost_WhenItIsWrittenAgain()
    {
        var written = ImageConfig.Parse(Bytes(Config), "c").Write();

        using var before = JsonDocument.Parse(Config);
        using var after = JsonDocument.Parse(written);
        Assert.True(JsonElement.DeepEquals(before.RootElement, after.RootElement), Encoding.UTF8.GetString(written));
        Assert.Equal(written, ImageConfig.Parse(written, "c").Write());
    }

    [Theory]
    [InlineData("\"rootfs\"", "\"rootf\"", "rootfs is missing")]
    [InlineData("\"type\":\"layers\"", "\"type\":\"x\"", "rootfs.type")]
    [InlineData("[\"sha256:", "[\"../", "diff_ids")]
    [InlineData("\"Env\":[", "\"Env\":[1,", "config.Env")]
    [InlineData("\"Env\":[", "\"env\":[],\"Env\":[", "config has a member 'env'")]
    [InlineData("\"8080/tcp\":{}", "\"a\":{},\"a\":{}", "twice")]
    [InlineData("\"os\":\"linux\"", "\"o\":1", "os is missing")]
    [InlineData("\"empty_layer\":true", "\"empty_layer\":1", "history[1].empty_layer")]
    public void Refuses_AndNamesThePlace(string old, string replacement, string place)
    {
        Assert.False(ImageConfig.TryRead(Bytes(Config.Replace(old, replacement)), out _, out var problem));
        Assert.Contains(place, problem);
    }

    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01T01:00:01+01:00", 1)]
    [InlineData("1970-01-01T00:00:02.123456789Z", 2)]
    [InlineData("yesterday", null)]
    [InlineData(null, null)]
    public void TheTime_IsReadAsGoWritesIt(string? text, int? seconds) =>
        Assert.Equal(seconds, (int?)(ImageConfig.Parse(Bytes(Config), "c") with { Created = text }).CreatedAt?.ToUnixTimeSeconds());
}
