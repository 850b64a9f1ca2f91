using System.Buffers;

namespace Casemate.Node.Discovery;

/// <summary>Where a path among the device nodes leads, links followed.</summary>
/// <param name="Outcome">What was found.</param>
/// <param name="RealPath">The path without links; where the search ended when nothing was found.</param>
/// <param name="Entry">What is there; null unless <see cref="DeviceLookupOutcome.Found"/>.</param>
internal readonly record struct DeviceLookup(DeviceLookupOutcome Outcome, string RealPath, DeviceEntry? Entry)
{
    private const int MaxLinks = 16;
    private const int LongestPath = 4096;
    private const string Root = "/dev";

    // Names of devices reach logs, the kubelet and container runtimes: only what is harmless in all of them is followed.
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-:+@");

    /// <summary>The node, when it is a character device; null for everything else.</summary>
    public DeviceNode? AsNode(string path) =>
        Entry is { Type: DeviceEntryType.Character } entry
            ? new DeviceNode(path, RealPath, entry.Major, entry.Minor, entry.Mode, entry.Gid)
            : null;

    /// <summary>Follows a path name by name, as the kernel does; a link that leaves <c>/dev</c> is not followed.</summary>
    public static DeviceLookup Resolve(IDeviceDirectory devices, string path)
    {
        if (!path.StartsWith(Root + "/", StringComparison.Ordinal))
        {
            return new DeviceLookup(DeviceLookupOutcome.BrokenLink, path, null);
        }

        var here = Root;
        var names = new Stack<string>(path[(Root.Length + 1)..].Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        DeviceEntry? entry = null;
        var links = 0;
        while (names.TryPop(out var name))
        {
            if (name is ".")
            {
                continue;
            }

            if (name is "..")
            {
                if (here == Root)
                {
                    return new DeviceLookup(DeviceLookupOutcome.BrokenLink, path, null);
                }

                here = here[..here.LastIndexOf('/')];
                continue;
            }

            var next = $"{here}/{name}";
            entry = devices.Look(next);
            if (entry is null)
            {
                return new DeviceLookup(links == 0 ? DeviceLookupOutcome.Absent : DeviceLookupOutcome.BrokenLink, next, null);
            }

            if (entry.Type is not DeviceEntryType.Link)
            {
                here = next;
                if (names.Count > 0 && entry.Type is not DeviceEntryType.Directory)
                {
                    return new DeviceLookup(links == 0 ? DeviceLookupOutcome.Absent : DeviceLookupOutcome.BrokenLink, next, null);
                }

                continue;
            }

            var target = entry.LinkTarget ?? "";
            if (++links > MaxLinks || target.Length is 0 or > LongestPath || target.AsSpan().ContainsAnyExcept(PathCharacters))
            {
                return new DeviceLookup(DeviceLookupOutcome.BrokenLink, next, null);
            }

            if (target.StartsWith('/'))
            {
                if (!target.StartsWith(Root + "/", StringComparison.Ordinal))
                {
                    return new DeviceLookup(DeviceLookupOutcome.BrokenLink, next, null);
                }

                here = Root;
                target = target[(Root.Length + 1)..];
            }

            foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                names.Push(part);
            }
        }

        // After '..' the entry that was looked at last is not the one that the path ends at.
        entry = here == Root ? new DeviceEntry(DeviceEntryType.Directory) : devices.Look(here);
        return entry is null
            ? new DeviceLookup(DeviceLookupOutcome.BrokenLink, here, null)
            : new DeviceLookup(DeviceLookupOutcome.Found, here, entry);
    }
}
