namespace Casemate.Quoting.Service.Peers;

/// <summary>
/// Reads the pod and the container out of <c>/proc/PID/cgroup</c> (cgroups(7)), versions 1 and 2, as kubelet and runtimes name their
/// groups: containerd, CRI-O and Docker, with the cgroupfs and the systemd driver, also inside of kind, k3s and other nested nodes.
/// </summary>
internal static class ControlGroup
{
    private const int ContainerIdLength = 64;
    private const string PodPrefix = "pod";

    /// <summary>Finds the pod.</summary>
    /// <param name="text">The file.</param>
    /// <param name="podUid">The pod's UID with dashes where it has them.</param>
    /// <param name="containerId">The container's id, 64 hex digits; null when it is not there.</param>
    /// <returns>False when the file names no pod, or more than one.</returns>
    public static bool TryRead(string text, out string podUid, out string? containerId)
    {
        (podUid, containerId) = ("", null);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            // hierarchy:controllers:path; a path may itself have colons.
            var path = line;
            for (var i = 0; i < 2; i++)
            {
                var colon = path.IndexOf(':');
                path = colon < 0 ? [] : path[(colon + 1)..];
            }

            if (!TryReadPath(path, out var uid, out var container))
            {
                continue;
            }

            if (podUid.Length > 0 && podUid != uid)
            {
                return false;                                              // two hierarchies that disagree identify nobody
            }

            (podUid, containerId) = (uid, containerId ?? container);
        }

        return podUid.Length > 0;
    }

    // The outermost pod counts: what is above it is the kubelet's, what is below it a container may have named itself.
    private static bool TryReadPath(ReadOnlySpan<char> path, out string podUid, out string? containerId)
    {
        (podUid, containerId) = ("", null);
        var underKubelet = true;                                           // a relative path may begin below "kubepods"
        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            if (segment is "" or ".." or "burstable" or "besteffort" or "guaranteed")
            {
                continue;
            }

            if (podUid.Length > 0)
            {
                containerId = ContainerOf(segment);
                return true;
            }

            // containerd without its systemd setting on a systemd node: SLICE:cri-containerd:ID
            var colon = segment.IndexOf(':');
            var slice = colon < 0 ? segment : segment[..colon];
            if (TryReadPod(slice, underKubelet, out podUid))
            {
                if (colon >= 0)
                {
                    containerId = ContainerOf(segment[(segment.LastIndexOf(':') + 1)..]);
                    return true;
                }

                continue;
            }

            underKubelet = IsKubelets(slice);
        }

        return podUid.Length > 0;
    }

    // The group that the kubelet keeps for pods, and with the systemd driver the ones for the classes of service below it.
    private static bool IsKubelets(ReadOnlySpan<char> segment)
    {
        var name = segment.EndsWith(".slice") ? segment[..^6] : segment;
        return name is "kubepods" || name.EndsWith("-kubepods")
            || name.EndsWith("kubepods-burstable") || name.EndsWith("kubepods-besteffort") || name.EndsWith("kubepods-guaranteed");
    }

    private static bool TryReadPod(ReadOnlySpan<char> segment, bool underKubelet, out string uid)
    {
        uid = "";
        if (segment.EndsWith(".slice"))
        {
            segment = segment[..^6];
            var at = segment.LastIndexOf("-" + PodPrefix);
            if (at < 0 || !segment[..at].Contains("kubepods", StringComparison.Ordinal))
            {
                return false;
            }

            segment = segment[(at + 1)..];
        }
        else if (!underKubelet)
        {
            return false;
        }

        if (!segment.StartsWith(PodPrefix))
        {
            return false;
        }

        var text = segment[PodPrefix.Length..].ToString().Replace('_', '-');
        if (!IsUid(text))
        {
            return false;
        }

        uid = text;
        return true;
    }

    // 8-4-4-4-12 hex digits; 32 without dashes for pods that the kubelet runs from files.
    private static bool IsUid(string text)
    {
        if (text.Length == 32)
        {
            return IsHex(text);
        }

        if (text.Length != 36)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigitLower(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static string? ContainerOf(ReadOnlySpan<char> segment)
    {
        if (segment.EndsWith(".scope"))
        {
            segment = segment[..^6];
        }

        if (segment.StartsWith("crio-conmon-"))
        {
            return null;                                                   // the container's monitor, which runs outside of it
        }

        segment = segment[(segment.LastIndexOf('-') + 1)..];
        return segment.Length == ContainerIdLength && IsHex(segment) ? segment.ToString() : null;
    }

    private static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return true;
    }
}
