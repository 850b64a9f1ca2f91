using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Policy;

/// <summary>A workload as YAML in a directory of its own, beside the image that it names.</summary>
public abstract class PolicyScene : IAsyncLifetime
{
    private protected const string Yaml =
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web # ours\nspec:\n  runtimeClassName: kata-qemu-snp\n  containers:\n  - name: app\n    image: registry.example/app:1\n";

    private readonly TemporaryDirectory _directory = new();

    public async ValueTask InitializeAsync()
    {
        var builder = new ImageBuilder(OciLayout.OpenOrCreate(In("image")));
        _ = await builder.AddLayerAsync(
            [LayerFile.File("app", ContentSource.FromBytes("#!/bin/sh\n"u8.ToArray()))], "test", compress: true, TestContext.Current.CancellationToken);
        _ = await builder.CompleteAsync(
            new ImageConfig { Platform = Oci.Platform.LinuxAmd64, DiffIds = [], Config = new ContainerConfig { Entrypoint = ["/app"] } }, null, "app",
            TestContext.Current.CancellationToken);
        File.WriteAllText(In("app.yaml"), Yaml);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected CommandLine Generate(params string[] more) => CommandLine.RunWithoutNetwork(
        ["policy", "generate", "-f", In("app.yaml"), "--no-cache", "--image", $"registry.example/app:1=oci:{In("image")}:app", .. more]);

    private protected string In(string name) => _directory.File(name);
}
