namespace Casemate.Node.Cluster;

/// <summary>What a pod asks for: all that is kept of it.</summary>
/// <param name="Uid">Its identity.</param>
/// <param name="Bytes">How much EPC; more than 0.</param>
/// <param name="Names">By which names.</param>
internal sealed record PodRequest(string Uid, long Bytes, HashSet<string> Names)
{
    /// <summary>What each of its containers asks for; empty when that cannot be read.</summary>
    public IReadOnlyList<ContainerEpcAmount> Containers { get; init; } = [];
}
