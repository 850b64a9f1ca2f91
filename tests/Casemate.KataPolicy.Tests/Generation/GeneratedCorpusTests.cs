using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Settings;
using Casemate.KataPolicy.Tests.Manifests;
using Casemate.Rego;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Generation;

/// <summary>
/// Every manifest of the corpus gets policies: what an honest host asks under them is allowed, every change of it denied.
/// </summary>
public sealed class GeneratedCorpusTests(SampleImages images) : IClassFixture<SampleImages>
{
    public static TheoryData<string> Files => ManifestCorpusTests.Files;

    [Theory]
    [MemberData(nameof(Files))]
    public async Task HoldsItsPod(string name)
    {
        var path = Path.Combine(RepositoryPaths.Root, "tests", "corpus", "kata", "manifests", name);
        var file = ManifestFile.Read(name, File.ReadAllBytes(path), new ManifestOptions { RuntimeClassNames = ["kata"] });

        var result = await images.GenerateAsync(new GenerationOptions(), ProfileOf(file), file);

        Assert.True(result.Succeeded, string.Join('\n', result.Findings));
        var generated = Assert.Single(result.Files);
        Assert.Null(PolicyFile.TryRead(name, generated.Content!, out var carried));
        Assert.Equal(file.Workloads.Length, carried.Length);
        foreach (var policy in carried)
        {
            Check(policy.Policy!);
        }
    }

    // The corpus has none: what an application needs privileges for, a guest of its own does not help with.
    [Fact]
    public async Task HoldsAPrivilegedPod()
    {
        const string Pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  runtimeClassName: kata-qemu-snp\n  containers:\n  - name: app\n"
            + "    image: registry.example/app:1\n    securityContext: {runAsUser: 1, runAsGroup: 1, privileged: true}\n";
        var result = await images.GenerateAsync(new GenerationOptions(), BuiltInProfiles.KataSnp, Manifest.Read(Pod));

        Assert.True(result.Succeeded, string.Join('\n', result.Findings));
        Check(result.Files[0].Workloads[0].Policy);
    }

    private static void Check(string text)
    {
        Assert.True(PolicyDataText.TryReadPolicy(text, out var data, out var error), error);
        Assert.True(AgentPolicy.TryCompile(text, out var policy, out var errors), string.Join('\n', errors));
        var state = RegoState.Initial;
        foreach (var request in HonestRequests.Of(data))
        {
            var decision = policy.Decide(state, request);
            Assert.True(decision.Allowed, $"{request.Kind}: {decision.Message}");
            state = decision.State;
        }

        var report = AttackLibrary.Try(policy, data, TestContext.Current.CancellationToken);
        Assert.True(report.Holds, string.Join('\n', report.Findings.Take(20)));
    }

    private static RuntimeProfile ProfileOf(ManifestFile file) => file.Workloads[0].Pod.RuntimeClassName switch
    {
        "kata-cc-isolation" => BuiltInProfiles.Aks,
        "kata-qemu-tdx" => BuiltInProfiles.KataTdx,
        _ => BuiltInProfiles.KataSnp,
    };
}
