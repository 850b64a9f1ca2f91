using System.Text;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Tests.Manifests;

/// <summary>Short ways to read and rewrite manifests in tests.</summary>
internal static class Manifest
{
    public static ManifestFile Read(string yaml, ManifestOptions? options = null) =>
        ManifestFile.Read("app.yaml", Encoding.UTF8.GetBytes(yaml), options ?? ManifestOptions.Default);

    public static Workload Single(string yaml)
    {
        var file = Read(yaml);
        Assert.Empty(file.Findings);
        return Assert.Single(file.Workloads);
    }

    public static string Annotated(string yaml, string key = PolicyAnnotation.Initdata, string value = "POLICY=")
    {
        var file = Read(yaml);
        Assert.Empty(file.Findings);
        var rewrite = file.Rewrite([.. file.Workloads.Select(workload => new WorkloadEdit { Workload = workload, Annotations = [new(key, value)] })]);
        Assert.Empty(rewrite.Findings);
        return Encoding.UTF8.GetString(rewrite.Content!);
    }

    public static PolicyFinding Finding(string yaml, ManifestOptions? options = null) => Assert.Single(Read(yaml, options).Findings);
}
