namespace Casemate.Quoting.Service.Peers;

/// <summary>Knows the names of this node's pods. Called once per connection; safe for concurrent use.</summary>
public interface IPodDirectory
{
    /// <summary>The name of a pod; null when it is not known.</summary>
    /// <param name="podUid">The pod's UID, as the API server writes it.</param>
    PodIdentity? Find(string podUid);
}
