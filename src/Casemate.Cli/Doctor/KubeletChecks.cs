namespace Casemate.Cli.Doctor;

/// <summary>The kubelet's side of device plugins and DRA drivers.</summary>
internal sealed class KubeletChecks(ExaminedNode node)
{
    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.KubeletDirectory, Plugins),
        new(DoctorFindingId.KubeletSocket, cancel => SocketAsync(
            DoctorFindingId.KubeletSocket, Path.Combine(node.KubeletDirectory, "device-plugins", "kubelet.sock"),
            "Start the kubelet, or look why it does not: systemctl status kubelet", cancel)),
        new(DoctorFindingId.PodResourcesSocket, cancel => SocketAsync(
            DoctorFindingId.PodResourcesSocket, Path.Combine(node.KubeletDirectory, "pod-resources", "kubelet.sock"),
            "The agent cannot tell what pods hold without it. Start the kubelet: systemctl status kubelet", cancel)),
        new(DoctorFindingId.PluginRegistry, Registry),
    ];

    private string? Hidden()
    {
        if (!Directory.Exists(node.KubeletDirectory))
        {
            return null;
        }

        try
        {
            _ = Directory.EnumerateFileSystemEntries(node.KubeletDirectory).Any();
            return null;
        }
        catch (UnauthorizedAccessException exception)
        {
            return exception.Message;
        }
    }

    private IEnumerable<DoctorFinding> Plugins()
    {
        var directory = Path.Combine(node.KubeletDirectory, "device-plugins");
        if (Hidden() is { } hidden)
        {
            yield return Denied(DoctorFindingId.KubeletDirectory, hidden);
            yield break;
        }

        yield return Directory.Exists(directory)
            ? DoctorFinding.Passed(DoctorFindingId.KubeletDirectory, $"{directory} is there")
            : DoctorFinding.Failed(
                DoctorFindingId.KubeletDirectory, $"there is no directory {directory}",
                "Run this on a node of the cluster, or say where its kubelet keeps its files with --kubelet-dir DIR.");
    }

    private IEnumerable<DoctorFinding> Registry()
    {
        var directory = Path.Combine(node.KubeletDirectory, "plugins_registry");
        if (Hidden() is { } hidden)
        {
            yield return Denied(DoctorFindingId.PluginRegistry, hidden);
            yield break;
        }

        if (Directory.Exists(node.KubeletDirectory))
        {
            yield return Directory.Exists(directory)
                ? DoctorFinding.Passed(DoctorFindingId.PluginRegistry, $"{directory} is there")
                : DoctorFinding.Warning(
                    DoctorFindingId.PluginRegistry, $"there is no directory {directory}: DRA drivers cannot be registered",
                    "A kubelet makes it when it starts: systemctl restart kubelet. Without DRA there is nothing to do.");
        }
    }

    private async Task<IReadOnlyList<DoctorFinding>> SocketAsync(
        DoctorFindingId id, string path, string fix, CancellationToken cancellationToken)
    {
        if (Hidden() is { } hidden)
        {
            return [Denied(id, hidden)];
        }

        if (!Directory.Exists(Path.Combine(node.KubeletDirectory, "device-plugins")))
        {
            return [];                                                     // that there is no kubelet has been said
        }

        return await SocketProbe.TryAsync(path, cancellationToken) switch
        {
            null => [DoctorFinding.Passed(id, $"somebody listens on {path}")],
            { IsDenied: true } denied => [Denied(id, $"{path} {denied.Problem}")],
            { Problem: var problem } => [DoctorFinding.Failed(id, $"{path} {problem}", fix)],
        };
    }

    private static DoctorFinding Denied(DoctorFindingId id, string why) =>
        DoctorFinding.NotChecked(id, why, "Run it again as root.") with { IsDenied = true };
}
