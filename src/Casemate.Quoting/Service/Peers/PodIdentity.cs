namespace Casemate.Quoting.Service.Peers;

/// <summary>A pod's name.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
public readonly record struct PodIdentity(string Namespace, string Name);
