using Casemate.KataPolicy.Layers;
using Casemate.Oci;

namespace Casemate.KataPolicy.Images;

/// <summary>Where images are looked for, and how.</summary>
public sealed record ImageResolverOptions
{
    /// <summary>How registries are reached; null where they are not.</summary>
    public IRegistryTransport? Registries { get; init; }

    /// <summary>
    /// Places of images that are not taken from their registry: a reference as pods have it, to a location as
    /// <see cref="Oci.Layout.ImageLocation.Parse"/> reads it, or to <c>containerd:DIRECTORY</c>. References count as equal when they mean
    /// the
    /// same.
    /// </summary>
    public IReadOnlyDictionary<string, string> Locations { get; init; } = new Dictionary<string, string>();

    /// <summary>The directory of a containerd that holds all other images; null for their registries.</summary>
    public string? ContainerdRoot { get; init; }

    /// <summary>The platform of the guest.</summary>
    public Platform Platform { get; init; } = Platform.LinuxAmd64;

    /// <summary>What is read at most.</summary>
    public OciLimits Limits { get; init; } = OciLimits.Default;

    /// <summary>Keeps what was read; null for none.</summary>
    public IImageFactsCache? Cache { get; init; }

    /// <summary>Computes roots of dm-verity; null makes them here, without a cache.</summary>
    public LayerRoots? Roots { get; init; }

    /// <summary>Is told of each layer at work; null for none.</summary>
    public IProgress<LayerStep>? Progress { get; init; }
}
