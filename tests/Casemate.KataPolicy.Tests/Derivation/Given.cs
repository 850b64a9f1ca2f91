using Casemate.KataPolicy.Derivation;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;
using Casemate.KataPolicy.Tests.Manifests;
using Casemate.Oci;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>Short ways to derive policies in tests: a pod's YAML and how its image starts.</summary>
internal static class Given
{
    public const string Path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>An image that runs a program as root.</summary>
    public static ImageStart Start { get; } = new() { Env = [Path], Entrypoint = ["/app"], Cmd = ["serve"] };

    /// <summary>A profile whose host unpacks images, so that their users count.</summary>
    public static RuntimeProfile HostImages { get; } = BuiltInProfiles.Aks;

    public static ImageFacts Facts(string reference, ImageStart start)
    {
        var layer = Digest.Of("layer"u8);
        return new ImageFacts
        {
            Requested = reference,
            Reference = ImageReference.Parse(reference),
            ManifestDigest = Digest.Of(System.Text.Encoding.UTF8.GetBytes(reference)),
            ConfigDigest = Digest.Of("config"u8),
            DiffIds = [layer],
            Layers = [new ImageLayerPolicy(layer.Hex, new string('a', 64))],
            Start = start,
        };
    }

    /// <summary>Derives the policy of the only workload; ConfigMaps and Secrets of the text are its inputs.</summary>
    public static PolicyDerivation Derived(string yaml, ImageStart? start = null, RuntimeProfile? profile = null)
    {
        var file = Manifest.Read(yaml);
        Assert.DoesNotContain(file.Findings, finding => finding.Severity is FindingSeverity.Error);
        return Derived(
            Assert.Single(file.Workloads), start, profile, new PodInputs { ConfigMaps = file.ConfigMaps, Secrets = file.Secrets });
    }

    /// <summary>Derives the policy of a workload that no manifest could say, or that the reader of manifests would refuse.</summary>
    public static PolicyDerivation Derived(
        Workload workload, ImageStart? start = null, RuntimeProfile? profile = null, PodInputs? inputs = null)
    {
        profile ??= BuiltInProfiles.KataSnp;
        var images = workload.Pod.AllContainers.Select(container => container.Image).Distinct().ToDictionary(
            image => image, image => Facts(image, start ?? Start));
        _ = images.TryAdd(profile.PauseImage, Facts(profile.PauseImage, PauseImages.WithUser));
        return PolicyDeriver.Derive(workload, inputs ?? PodInputs.None, images, profile);
    }

    /// <summary>A Pod's workload, to be changed where a manifest would not be read.</summary>
    public static Workload Workload(string lines = "", string pod = "") => Assert.Single(Manifest.Read(Yaml(lines, pod)).Workloads);

    public static PolicyData Data(string yaml, ImageStart? start = null, RuntimeProfile? profile = null)
    {
        var derived = Derived(yaml, start, profile);
        Assert.True(derived.Succeeded, string.Join('\n', derived.Findings.Select(finding => $"{finding.Path}: {finding.Message}")));
        return derived.Data!;
    }

    /// <summary>The only container besides pause, of a pod whose container has these lines.</summary>
    public static ContainerPolicy Container(
        string lines = "", ImageStart? start = null, RuntimeProfile? profile = null, string pod = "", string more = "") =>
        Assert.Single(Data(Yaml(lines, pod, more), start, profile).Containers.Skip(1));

    public static PolicyFinding Error(
        string lines = "", ImageStart? start = null, RuntimeProfile? profile = null, string pod = "", string more = "") =>
        Assert.Single(Derived(Yaml(lines, pod, more), start, profile).Findings, finding => finding.Severity is FindingSeverity.Error);

    /// <summary>
    /// A Pod with one container; <paramref name="lines"/> stand in the container, <paramref name="pod"/> in the specification.
    /// </summary>
    public static string Yaml(string lines = "", string pod = "", string more = "") => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          namespace: shop
        spec:
        {Indented(pod, 2)}
          containers:
          - name: app
            image: registry.example/app:1
        {Indented(lines, 4)}
        {more}
        """;

    private static string Indented(string lines, int spaces) =>
        string.Join('\n', lines.Split('\n').Select(line => line.Length == 0 ? "" : new string(' ', spaces) + line));
}
