using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>What workloads refer to: the ConfigMaps and Secrets that were given beside them.</summary>
public sealed record PodInputs
{
    /// <summary>Nothing beside the workloads.</summary>
    public static PodInputs None { get; } = new();

    /// <summary>The ConfigMaps in the order of reading.</summary>
    public ImmutableArray<ConfigMapData> ConfigMaps { get; init; } = [];

    /// <summary>The Secrets in the order of reading.</summary>
    public ImmutableArray<SecretData> Secrets { get; init; } = [];

    /// <summary>Finds a ConfigMap as a pod of a namespace sees it. A document without namespace is in whichever namespace asks.</summary>
    /// <param name="name">The ConfigMap's name.</param>
    /// <param name="podNamespace">The pod's namespace; null when its document names none.</param>
    public ConfigMapData? FindConfigMap(string name, string? podNamespace)
    {
        ConfigMapData? found = null;
        foreach (var map in ConfigMaps.Where(map => map.Name == name && Meets(map.Namespace, podNamespace)))
        {
            found = found is null || map.Namespace == podNamespace ? map : found;
        }

        return found;
    }

    /// <summary>Finds a Secret as a pod of a namespace sees it. A document without namespace is in whichever namespace asks.</summary>
    /// <param name="name">The Secret's name.</param>
    /// <param name="podNamespace">The pod's namespace; null when its document names none.</param>
    public SecretData? FindSecret(string name, string? podNamespace)
    {
        SecretData? found = null;
        foreach (var secret in Secrets.Where(secret => secret.Name == name && Meets(secret.Namespace, podNamespace)))
        {
            found = found is null || secret.Namespace == podNamespace ? secret : found;
        }

        return found;
    }

    private static bool Meets(string? has, string? wanted) => has is null || wanted is null || has == wanted;
}
