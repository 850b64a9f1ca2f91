using Casemate.KataPolicy.Manifests;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Manifests;

/// <summary>The manifests that are shipped for clusters and as examples are well-formed, and the generator takes them.</summary>
public sealed class DeployedManifestTests
{
    [Theory]
    [InlineData("deploy/kata/00-runtime-classes.yaml", 0, 3)]
    [InlineData("deploy/kata/10-node-pool-snp.yaml", 0, 1)]
    [InlineData("deploy/kata/11-node-pool-tdx.yaml", 0, 1)]
    [InlineData("deploy/kata/20-admission-policy.yaml", 0, 2)]
    [InlineData("examples/kata/hello.yaml", 1, 0)]
    [InlineData("examples/kata/gateway-with-gpu.yaml", 1, 2)]
    public void IsRead_WithoutAnyFinding(string path, int workloads, int passedThrough)
    {
        var file = ManifestFile.Read(
            path, File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, path)), new ManifestOptions { RuntimeClassNames = ["kata"] });

        Assert.Empty(file.Findings);
        Assert.Equal(workloads, file.Workloads.Length);
        Assert.Equal(passedThrough, file.PassedThrough);
    }
}
