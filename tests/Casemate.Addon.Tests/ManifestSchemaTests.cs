using Casemate.Kubernetes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Addon.Tests;

/// <summary>Every manifest that is rendered or shipped conforms to Kubernetes' own schema, the oldest that is at hand and the newest.</summary>
public sealed class ManifestSchemaTests
{
    /// <summary>Files of other programs: kustomize reads its own, and kubeadm its own.</summary>
    private static readonly string[] OfOtherPrograms = ["kustomize.config.k8s.io/", "kubeadm.k8s.io/"];

    public static TheoryData<AddonOptions> Choices
    {
        get
        {
            AddonOptions[] more =
            [
                new(),
                new() { WithQuoteHelper = true },
                new() { WithQuoteHelper = true, QuoteHelperImage = "registry.example/quotes@sha256:" + new string('a', 64) },
                new() { WithWebhook = false },
                new() { LeftToOthers = [ResourceFamily.All[0].Name] },
                new() { LeftToOthers = [.. ResourceFamily.All.Skip(1).Select(family => family.Name), .. AccessResource.All] },
            ];
            return
            [
                .. from overlay in Enum.GetValues<AddonOverlay>() from options in more select options with { Overlay = overlay },
                new AddonOptions { Overlay = AddonOverlay.Dra, WithDescribedMachines = true },
            ];
        }
    }

    public static TheoryData<string> Files => [.. new[] { "deploy", "examples" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, folder), "*.yaml", SearchOption.AllDirectories))
        .Where(path => File.ReadLines(path).Any(line => line.StartsWith("kind: ", StringComparison.Ordinal)))
        .Where(path => !OfOtherPrograms.Any(group => File.ReadAllText(path).Contains($"apiVersion: {group}", StringComparison.Ordinal)))
        .Select(path => Path.GetRelativePath(RepositoryPaths.Root, path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Choices))]
    public void WhatIsRendered_Conforms(AddonOptions options) => AssertConform(AddonManifests.Objects(options));

    [Theory]
    [MemberData(nameof(Files))]
    public void AShippedFile_Conforms(string path) =>
        AssertConform(ManifestReader.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, path)), path));

    private static void AssertConform(IReadOnlyList<KubeObject> objects)
    {
        Assert.NotEmpty(objects);
        Assert.Empty(objects.SelectMany(KubeSchema.Newest.ProblemsOf));

        // Dynamic Resource Allocation is asked for only where the cluster has it.
        Assert.Empty(
            objects.Where(one => one.ApiVersion != KubeResource.DeviceClasses.ApiVersion).SelectMany(KubeSchema.Oldest.ProblemsOf));
    }
}
