using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>What was found out about a cluster before anything is written.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Problems">Why the add-on cannot run there, a sentence each; empty when it can.</param>
/// <param name="MissingRights">What the caller may not do and installing needs; empty when nothing is missing.</param>
public sealed record AddonChecks(
    KubeServerVersion Version, IReadOnlyList<string> Problems, IReadOnlyList<KubeAccessQuestion> MissingRights);
