using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>What the caller must be allowed, asked before anything is written.</summary>
internal static class OwnRights
{
    // Whoever may do everything is asked one question instead of a hundred.
    private static readonly KubeResource s_everything = new("*", "*", "*", "*", false);

    public static IEnumerable<KubeAccessQuestion> ForInstalling(IReadOnlyList<KubeObject> objects)
    {
        var places = objects.Select(one => (Kind: KubeResource.FindKnown(one.ApiVersion, one.Kind)!, one.Namespace))
            .Append((KubeResource.ConfigMaps, AddonOptions.NodeNamespace)).Distinct();
        foreach (var (kind, space) in places)
        {
            foreach (var verb in (string[])["get", "create", "patch", "delete"])
            {
                yield return new KubeAccessQuestion(verb, kind) { Namespace = kind.Namespaced ? space : null };
            }
        }

        foreach (var kind in (KubeResource[])[KubeResource.Nodes, KubeResource.DaemonSets, KubeResource.Deployments])
        {
            yield return new KubeAccessQuestion("list", kind);
        }

        yield return new KubeAccessQuestion("watch", KubeResource.DaemonSets) { Namespace = AddonOptions.NodeNamespace };
        yield return new KubeAccessQuestion("watch", KubeResource.Deployments) { Namespace = AddonOptions.SystemNamespace };
    }

    public static async Task<IReadOnlyList<KubeAccessQuestion>> FindMissingAsync(
        KubeClient client, IEnumerable<KubeAccessQuestion> questions, CancellationToken cancellationToken)
    {
        if ((await client.ReviewOwnAccessAsync(new KubeAccessQuestion("*", s_everything), cancellationToken).ConfigureAwait(false)).IsAllowed)
        {
            return [];
        }

        var missing = new List<KubeAccessQuestion>();
        foreach (var question in questions)
        {
            if (!(await client.ReviewOwnAccessAsync(question, cancellationToken).ConfigureAwait(false)).IsAllowed)
            {
                missing.Add(question);
            }
        }

        return missing;
    }
}
