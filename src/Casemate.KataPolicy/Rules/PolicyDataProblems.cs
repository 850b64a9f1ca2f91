using Casemate.KataPolicy.Manifests;

namespace Casemate.KataPolicy;

/// <summary>Looks for what would make a policy contradict itself or match more than one container.</summary>
public static class PolicyDataProblems
{
    /// <summary>One sentence per problem; empty when a policy can be written.</summary>
    public static IReadOnlyList<string> Find(PolicyData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return [.. Problems(data)];
    }

    private static IEnumerable<string> Problems(PolicyData data)
    {
        if (data.Containers.Count == 0 || data.Containers[0].Role is not ContainerRole.Pause)
        {
            yield return "the first container must be the pause container";
        }

        if (data.Containers.Skip(1).Any(one => one.Role is ContainerRole.Pause))
        {
            yield return "only the first container may be a pause container";
        }

        foreach (var name in data.Containers.GroupBy(one => one.Name).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return $"two containers are named '{name}'";
        }

        var roles = data.Containers.Skip(1).Select(one => one.Role is ContainerRole.App).ToArray();
        if (roles.Zip(roles.Skip(1)).Any(pair => pair.First && !pair.Second))
        {
            yield return "init containers and sidecars must stand before the other containers";
        }

        var forms = data.Containers.Select(one => one.Image?.Form).OfType<ImageForm>().Distinct().ToArray();
        if (forms.Length > 1)
        {
            yield return $"images reach one guest in one way only, and the containers name {string.Join(", ", forms.Select(PolicyDataWriter.Name))}";
        }

        foreach (var problem in data.Containers.SelectMany(Problems))
        {
            yield return problem;
        }
    }

    private static IEnumerable<string> Problems(ContainerPolicy container)
    {
        var names = container.Oci.Process.Env.Select(variable => variable.Split('=')[0]).ToArray();
        foreach (var name in names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return $"container '{container.Name}' has the variable '{name}' twice";
        }

        if (container.Oci.Process.Env.FirstOrDefault(variable => variable.IndexOf('=', StringComparison.Ordinal) < 1) is { } wrong)
        {
            yield return $"container '{container.Name}' has the variable '{wrong}' without a name or a value";
        }

        foreach (var text in container.Oci.Process.Args.Concat(container.Oci.Process.Env).Concat(container.ExecCommands.SelectMany(command => command)))
        {
            if (ReservedCharacter.FindIn(text) is { } character)
            {
                yield return $"container '{container.Name}' has the text '{ShownText.Of(text)}' with {ReservedCharacter.Name(character)}";
            }
        }

        foreach (var destination in container.Oci.Mounts.GroupBy(mount => mount.Destination).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return $"container '{container.Name}' has two mounts at '{destination}'";
        }

        if (container.Image is { Form: not ImageForm.GuestPull, Layers: [] })
        {
            yield return $"container '{container.Name}' has an image of which no layer is named";
        }

        if (container.Image is { Form: ImageForm.GuestPull } image && container.Role is not ContainerRole.Pause
            && !image.Reference.EndsWith($"@{image.ManifestDigest}", StringComparison.Ordinal))
        {
            yield return $"container '{container.Name}' has an image that the guest pulls, and its reference '{image.Reference}' does not end in "
                + $"'@{image.ManifestDigest}'";
        }
    }
}
