using Casemate.KataPolicy.Derivation;
using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Settings;
using Casemate.KataPolicy.Tests.Images;

namespace Casemate.KataPolicy.Tests.Generation;

/// <summary>Small images in a local layout, one for each reference that a manifest names.</summary>
public sealed class SampleImages : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("casemate-kata-").FullName;
    private readonly Dictionary<string, string> _locations = new(StringComparer.Ordinal);

    /// <summary>Where the images of a file lie; those that are missing are made.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ForAsync(params IEnumerable<ManifestFile> files)
    {
        var references = files.SelectMany(file => file.Workloads).SelectMany(workload => workload.Pod.AllContainers).Select(container => container.Image)
            .Append(BuiltInProfiles.PauseImage);
        foreach (var reference in references.Distinct(StringComparer.Ordinal).Where(reference => !_locations.ContainsKey(reference)))
        {
            var tag = $"i{_locations.Count}";
            await SampleImage.WriteAsync(
                Path.Combine(_directory, "images"), tag,
                new() { Entrypoint = ["/entry"], Cmd = ["serve"], Env = ["PATH=/usr/local/bin:/usr/bin:/bin", "APP_HOME=/srv"], WorkingDir = "/srv" },
                [
                    SampleImage.File("etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/srv:/bin/false\n"),
                    SampleImage.File("etc/group", "root:x:0:\napp:x:1000:\n"),
                ],
                [SampleImage.File("entry", $"#!/bin/sh\n# {reference}\n")]);
            _locations[reference] = $"oci:{Path.Combine(_directory, "images")}:{tag}";
        }

        return _locations;
    }

    /// <summary>Makes policies for files with these images.</summary>
    public async Task<GenerationResult> GenerateAsync(GenerationOptions options, RuntimeProfile profile, params ManifestFile[] files)
    {
        var resolver = new ImageResolver(new ImageResolverOptions { Locations = await ForAsync(files) });
        return await PolicyGenerator.GenerateAsync(
            files, [], new PodPolicySource(resolver, profile), options, TestContext.Current.CancellationToken);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
