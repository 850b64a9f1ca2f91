using Casemate.Node.Discovery;

namespace Casemate.Node.Health;

/// <summary>How often allocations failed at a limit of the misc controller (<c>misc.events</c>).</summary>
public static class MiscEvents
{
    // The root has no file of its own; the kubelet's cgroup counts for all pods (events of children are counted upwards).
    private static readonly string[] Places =
    [
        "/sys/fs/cgroup/misc.events", "/sys/fs/cgroup/kubepods.slice/misc.events", "/sys/fs/cgroup/kubepods/misc.events",
    ];

    /// <summary>Reads the first of the files that is there; empty when none is, lines that make no sense are left out.</summary>
    public static ValueList<MiscAmount> Read(ISystemFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (var place in Places)
        {
            if (files.Read(place, MiscFile.Limit) is { State: SystemFileState.Read } file)
            {
                return MiscFile.Read(file.Content.Span, out _);
            }
        }

        return [];
    }
}
