using System.Text;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Addon.Tests;

/// <summary>kubectl as the judge of what is rendered: it validates strictly, by the schema that it gets from the test API server.</summary>
public sealed class KubectlValidationTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private TestApiServer _server = null!;

    public static TheoryData<AddonOverlay, string> Overlays
    {
        get
        {
            var data = new TheoryData<AddonOverlay, string>();
            foreach (var overlay in Enum.GetValues<AddonOverlay>())
            {
                data.Add(overlay, KubeSchema.Newest.Version);
                if (overlay is not AddonOverlay.Dra)
                {
                    data.Add(overlay, KubeSchema.Oldest.Version);
                }
            }

            return data;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        await File.WriteAllTextAsync(_directory.File("config"), _server.Kubeconfig);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task WhatIsRendered_IsValid(AddonOverlay overlay, string version)
    {
        _server.Schema = version == KubeSchema.Oldest.Version ? KubeSchema.Oldest : KubeSchema.Newest;
        var options = new AddonOptions { Overlay = overlay, WithQuoteHelper = true };

        var run = await KubectlAsync(AddonManifests.Render(options));

        Assert.True(run.ExitCode == 0, run.Error);
        var made = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(made, line => Assert.EndsWith(" created (dry run)", line, StringComparison.Ordinal));
        Assert.Equal(AddonManifests.Objects(options).Count, made.Length);
    }

    [Theory]
    [InlineData("hostUsers: true", "hostUser: true", "unknown field \"hostUser\"")]
    [InlineData("hostUsers: true", "hostUsers: 1", "ValidationError(DaemonSet.spec.template.spec.hostUsers)")]
    [InlineData("  selector:", "  selectors:", "missing required field \"selector\"")]
    public async Task WhatDoesNotConform_IsRefused(string text, string other, string problem)
    {
        _server.Schema = KubeSchema.Newest;
        const string DaemonSet = """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: agent, namespace: shop}
            spec:
              selector: {matchLabels: {a: b}}
              template:
                metadata: {labels: {a: b}}
                spec:
                  hostUsers: true
                  containers: [{name: c, image: i}]
            """;
        var whole = await KubectlAsync(DaemonSet);
        Assert.True(whole.ExitCode == 0, whole.Error);

        var run = await KubectlAsync(DaemonSet.Replace(text, other, StringComparison.Ordinal));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
    }

    private async Task<ChildProgram> KubectlAsync(string manifest)
    {
        var program = ChildProgram.Find("kubectl");
        Assert.SkipWhen(program is null, "kubectl is not on PATH");
        return await ChildProgram.RunAsync(
            program!,
            [
                "--kubeconfig", _directory.File("config"), "--cache-dir", _directory.File("cache"),
                "apply", "--dry-run=client", "--validate=strict", "-f", "-",
            ],
            Encoding.UTF8.GetBytes(manifest), new Dictionary<string, string?> { ["HOME"] = _directory.Path, ["KUBECONFIG"] = null });
    }
}
