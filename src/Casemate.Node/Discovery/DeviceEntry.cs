namespace Casemate.Node.Discovery;

/// <summary>One entry of <c>/dev</c>.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Major">Major number; 0 for what is no device.</param>
/// <param name="Minor">Minor number; 0 for what is no device.</param>
/// <param name="Mode">Permission bits, the lower 12 of st_mode.</param>
/// <param name="Gid">The owning group.</param>
/// <param name="LinkTarget">What a link says; null for everything else.</param>
public sealed record DeviceEntry(DeviceEntryType Type, uint Major = 0, uint Minor = 0, int Mode = 0, uint Gid = 0,
    string? LinkTarget = null);
