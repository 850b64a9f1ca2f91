namespace Casemate.Images.Roots;

/// <summary>One entry of a root file system, as it is, without following a link.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Bytes of a file; 0 for anything else.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="LinkTarget">What a link says, unchanged; null for anything else.</param>
/// <param name="Identity">Equal for two names of one file (hard links); null when the root cannot tell.</param>
public sealed record RootEntry(RootEntryKind Kind, long Size, UnixFileMode Mode, string? LinkTarget, string? Identity);
