namespace Casemate.KataPolicy.Settings;

/// <summary>What one kind of volume becomes: the mount of the container, and the storage that the agent prepares for it.</summary>
/// <param name="MountType">The type of the mount: <c>bind</c>, or <c>local</c> with older runtimes.</param>
/// <param name="MountSource">The beginning of the pattern of the mount's source; a name and <c>$</c> follow.</param>
/// <param name="MountPoint">The beginning of the pattern of the storage's mount point; empty where there is no storage.</param>
/// <param name="Driver">The driver of the storage; empty where there is none.</param>
/// <param name="Source">The source of the storage.</param>
/// <param name="Fstype">The storage's type of file system.</param>
/// <param name="Options">Options: of the storage for an emptyDir, of storage and mount for all others.</param>
public sealed record VolumeProfile(
    string MountType, string MountSource, string MountPoint, string Driver, string Source, string Fstype, IReadOnlyList<string> Options);
