namespace Casemate.Quoting.Service.Peers;

/// <summary>Names of pods from a map that somebody else keeps.</summary>
/// <param name="pods">By UID; may change while it is used if it is safe for that.</param>
public sealed class MappedPodDirectory(IReadOnlyDictionary<string, PodIdentity> pods) : IPodDirectory
{
    /// <inheritdoc/>
    public PodIdentity? Find(string podUid) => pods.TryGetValue(podUid, out var pod) ? pod : null;
}
