namespace Casemate.Addon.Manifests;

/// <summary>A directory or file of the node in a container.</summary>
/// <param name="Name">The volume's name.</param>
/// <param name="Path">Where it is on the node.</param>
/// <param name="Type">What must be there: <c>Directory</c>, <c>File</c>, <c>DirectoryOrCreate</c>.</param>
/// <param name="MountPath">Where it is in the container; null for the same place.</param>
/// <param name="ReadOnly">Whether the container may only read it.</param>
internal sealed record HostMount(string Name, string Path, string Type, string? MountPath = null, bool ReadOnly = false)
{
    /// <summary>The entry of <c>volumeMounts</c>.</summary>
    public string Mount => $"- name: {Name}\n  mountPath: {MountPath ?? Path}{(ReadOnly ? "\n  readOnly: true" : "")}";

    /// <summary>The entry of <c>volumes</c>.</summary>
    public string Volume => $"- name: {Name}\n  hostPath:\n    path: {Path}\n    type: {Type}";
}
