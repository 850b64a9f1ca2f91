using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Policy;

/// <summary>The images of <c>casemate policy generate</c>: where they are looked for, and what is said of those that are not found.</summary>
public sealed class PolicyImageTests : PolicyScene
{
    [Fact]
    public async Task LayersCompressedWithZstd_GiveTheSamePolicy_AndTheSameUser()
    {
        using var plain = new MemoryStream();
        await LayerBuilder.WriteAsync(
            [LayerFile.File("etc/passwd", ContentSource.FromBytes("app:x:1234:99::/:\n"u8.ToArray())), LayerFile.File("app", ContentSource.FromBytes(new byte[9000]))],
            plain, new LayerOptions { Compress = false }, TestContext.Current.CancellationToken);
        await WriteImageAsync("plain", plain.ToArray(), MediaTypes.Layer, plain.ToArray());
        await WriteImageAsync("zstd", plain.ToArray(), MediaTypes.LayerZstd, StoredZstandard.Of(plain.ToArray()));

        var plainRun = Run("plain");
        var zstdRun = Run("zstd");

        Assert.True(plainRun.ExitCode == ExitCode.Success, plainRun.Error);
        Assert.Contains("1234", plainRun.Output, StringComparison.Ordinal);
        Assert.Equal(WithoutDigests(plainRun.Output), WithoutDigests(zstdRun.Output));

        CommandLine Run(string image) => CommandLine.RunWithoutNetwork(
            "policy", "generate", "-f", In("app.yaml"), "--no-cache", "--profile", "aks", "--raw",
            "--image", $"registry.example/app:1=oci:{In(image)}:app", "--image", $"mcr.microsoft.com/oss/kubernetes/pause:3.6=oci:{In("image")}:app");

        // The manifests name the stored layers and so differ; roots and diff IDs are of the plain ones.
        static string WithoutDigests(string policy) => Regex.Replace(policy, "sha256:[0-9a-f]{64}", "sha256:");
    }

    [Fact]
    public void ADockerArchive_IsWarnedOf_AndAnotherPlatformRefused()
    {
        Assert.Equal(ExitCode.Success, CommandLine.Run("image", "copy", $"oci:{In("image")}:app", $"docker-archive:{In("app.tar")}:registry.example/app:1").ExitCode);

        var archive = CommandLine.RunWithoutNetwork(
            "policy", "generate", "-f", In("app.yaml"), "--no-cache", "--image", $"registry.example/app:1=docker-archive:{In("app.tar")}");
        Assert.Equal(ExitCode.Success, archive.ExitCode);
        Assert.Contains("app.yaml:9:5: warning: a docker-archive has no manifest", archive.Error, StringComparison.Ordinal);

        var other = CommandLine.RunWithoutNetwork(
            "policy", "generate", "-f", In("app.yaml"), "--no-cache", "--platform", "linux/arm64", "--image", $"registry.example/app:1=oci:{In("image")}:app");
        Assert.Equal((ExitCode.BadInput, ""), (other.ExitCode, Encoding.UTF8.GetString(other.Bytes)));
        Assert.Contains("has an image for linux/amd64, and the guest's platform is linux/arm64", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Warns_OfAPlaceForAnImage_ThatNoContainerHas()
    {
        string[] other = ["--image", $"registry.example/ap:1=oci:{In("image")}:app"];
        const string warning = "warning: --image 'registry.example/ap:1': no container has this image";

        var run = Generate(other);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains(warning, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "no container has this image", Generate("--image", $"mcr.microsoft.com/oss/kubernetes/pause:3.6=oci:{In("image")}:app").Error,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, Generate("--strict").ExitCode);
        var strict = Generate([.. other, "--strict"]);
        Assert.Equal((ExitCode.Refused, 0), (strict.ExitCode, strict.Bytes.Length));
    }

    [Fact]
    public void Aks_NamesThePauseImage_AndHowToDoWithoutItsRegistry()
    {
        var run = Generate("--format", "aks", "-o", "json");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Contains("no policy was made", document.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains(
            document.RootElement.GetProperty("findings").EnumerateArray(),
            one => one.GetProperty("message").GetString()!.Contains("the pause image", StringComparison.Ordinal));
        Assert.Contains("the pause image 'mcr.microsoft.com/oss/kubernetes/pause:3.6', whose layers the profile 'aks' binds, cannot be read", run.Error,
            StringComparison.Ordinal);
        Assert.Contains("--image mcr.microsoft.com/oss/kubernetes/pause:3.6=oci:DIR:TAG", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageThatCannotBeReached_IsNamedWithItsPlace_AndHowToDoWithoutItsRegistry()
    {
        string[] command = ["policy", "generate", "-f", In("app.yaml"), "--no-cache"];
        var run = CommandLine.RunWithoutNetwork(command);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains($"{In("app.yaml")}:9:5: error: the image 'registry.example/app:1' of container 'app' cannot be read: ", run.Error,
            StringComparison.Ordinal);
        Assert.Contains("--image registry.example/app:1=oci:DIR:TAG", run.Error, StringComparison.Ordinal);

        var asJson = CommandLine.RunWithoutNetwork([.. command, "-o", "json"]);
        Assert.Equal(ExitCode.Unreachable, asJson.ExitCode);
        using var document = JsonDocument.Parse(asJson.Output);
        var finding = Assert.Single(document.RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal((9, 5, "error"), (finding.GetProperty("line").GetInt32(), finding.GetProperty("column").GetInt32(),
            finding.GetProperty("severity").GetString()));
        Assert.Equal("spec.containers[0].image", finding.GetProperty("path").GetString());
        Assert.Contains("of container 'app'", finding.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("--image registry.example/app:1=oci:DIR:TAG", finding.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageLockedBefore_IsFoundByTheTagThatItHad()
    {
        Assert.Equal(ExitCode.Success, Generate("--in-place", "--lock-digests").ExitCode);
        var once = File.ReadAllText(In("app.yaml"));

        var again = Generate("--in-place", "--lock-digests", "--strict");

        Assert.True(again.ExitCode == ExitCode.Success, again.Error);
        Assert.Equal("", again.Error);
        Assert.Equal(once, File.ReadAllText(In("app.yaml")));
    }

    [Fact]
    public void AnImageLockedBefore_IsRefused_WhereItsPlaceHoldsAnother()
    {
        var digest = $"sha256:{new string('7', 64)}";
        File.WriteAllText(
            In("app.yaml"), Yaml.Replace("app:1", $"app@{digest}", StringComparison.Ordinal)
                .Replace("spec:", "  annotations: {casemate.dev/image-tag.app: \"registry.example/app:1\"}\nspec:", StringComparison.Ordinal));

        var run = Generate();

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"the pod asks for {digest}", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no container has this image", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutAWorkload_NothingIsSaidOfImages()
    {
        File.WriteAllText(In("app.yaml"), "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n");

        var run = Generate();

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("there is no workload to make a policy for", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no container has this image", run.Error, StringComparison.Ordinal);
    }

    private async Task WriteImageAsync(string folder, byte[] plain, string mediaType, byte[] stored)
    {
        var cancel = TestContext.Current.CancellationToken;
        var config = new ImageConfig
        {
            Platform = Oci.Platform.LinuxAmd64,
            DiffIds = [Digest.Of(plain)],
            Config = new ContainerConfig { Entrypoint = ["/app"], User = "app" },
        }.Write();
        var manifest = new ImageManifest
        {
            Config = Descriptor.Of(MediaTypes.Config, config),
            Layers = [Descriptor.Of(mediaType, stored)],
        }.Write();
        var layout = OciLayout.OpenOrCreate(In(folder));
        foreach (var (type, content) in new[] { (mediaType, stored), (MediaTypes.Config, config), (MediaTypes.Manifest, manifest) })
        {
            await layout.WriteAsync(Descriptor.Of(type, content), new MemoryStream(content), cancel);
        }

        await layout.TagAsync(Descriptor.Of(MediaTypes.Manifest, manifest), "app", cancel);
    }
}
