using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Derivation;

/// <summary>Makes policies by deriving their data and writing the rules over it.</summary>
/// <param name="images">Finds out about images.</param>
/// <param name="profile">What the runtime does.</param>
/// <param name="options">What else is asked for; null for <see cref="DerivationOptions.Default"/>.</param>
public sealed class PodPolicySource(IImageFacts images, RuntimeProfile profile, DerivationOptions? options = null) : IPodPolicySource
{
    /// <inheritdoc/>
    public async Task<PodPolicy> MakeAsync(Workload workload, PodInputs inputs, CancellationToken cancel)
    {
        var derived = await PolicyDeriver.DeriveAsync(workload, inputs, images, profile, options, cancel).ConfigureAwait(false);
        if (derived.Data is not { } data)
        {
            return new PodPolicy { Findings = derived.Findings, RegistryFailure = derived.RegistryFailure };
        }

        // What the rules could not keep apart is refused, however it came about.
        var problems = PolicyDataProblems.Find(data).Select(
            problem => PolicyFinding.Error(workload.Pod.Path, problem, "Change the pod so that it cannot be")).ToList();
        return problems.Count > 0
            ? new PodPolicy { Findings = [.. derived.Findings, .. problems] }
            : new PodPolicy
            {
                Text = AgentPolicyText.Write(data),
                Findings = derived.Findings,
                Images =
                [
                    .. workload.Pod.AllContainers.Zip(data.Containers.Skip(1)).Where(pair => pair.Second.Image is not null)
                        .Select(pair => Bound(pair.First, pair.Second.Image!)),
                ],
            };
    }

    private static BoundImage Bound(ContainerSpec container, ContainerImage image) => new()
    {
        ContainerPath = container.Path,
        Container = container.Name,
        Written = container.Image,
        Locked = image.Reference,
        ManifestDigest = image.ManifestDigest,
        Layers = [.. image.Layers.Reverse().Select(layer => new BoundLayer(layer.Id, layer.RootHash))],
    };
}
