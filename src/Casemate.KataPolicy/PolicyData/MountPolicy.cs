namespace Casemate.KataPolicy;

/// <summary>One thing that may be mounted.</summary>
/// <param name="Destination">Where in the container; exact.</param>
/// <param name="Type">The type of the mount, <c>type_</c> on the wire; exact.</param>
/// <param name="Source">
/// From where: exact, or a pattern when it begins with <c>^</c> or <c>$(sfprefix)</c>; alternatives as <c>^…$|^…$</c>. Empty: the mount
/// point
/// of one of the container's block storages.
/// </param>
/// <param name="Options">Options in order; exact.</param>
public sealed record MountPolicy(string Destination, string Type, string Source, IReadOnlyList<string> Options)
{
    /// <summary>
    /// Whether the mount may be missing from the request, <c>optional</c> on the wire (Casemate's own). True only for what a cluster may or
    /// may not add, such as the token of a service account; what the pod asks for is never optional.
    /// </summary>
    public bool Optional { get; init; }

    /// <summary>
    /// The pod's volume when its block storage is one device for all containers that mount it and for no other, <c>volume</c> on the wire
    /// (Casemate's own). Empty: no device is held to the volume.
    /// </summary>
    public string Volume { get; init; } = "";
}
