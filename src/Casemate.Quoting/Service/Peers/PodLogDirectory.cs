using System.Collections.Frozen;

namespace Casemate.Quoting.Service.Peers;

/// <summary>
/// Names of pods from the kubelet's log directory, whose entries are called <c>NAMESPACE_NAME_UID</c>. The kubelet makes an entry before
/// a pod's first container starts. Needs that directory mounted, read-only, and no access to any API.
/// </summary>
/// <param name="path">The directory, usually <c>/var/log/pods</c>.</param>
/// <param name="time">The clock: the directory is read again at most once a second.</param>
public sealed class PodLogDirectory(string path, TimeProvider time) : IPodDirectory
{
    /// <summary>Where the kubelet keeps it.</summary>
    public const string DefaultPath = "/var/log/pods";

    private static readonly TimeSpan s_rereadAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private FrozenDictionary<string, PodIdentity> _pods = FrozenDictionary<string, PodIdentity>.Empty;
    private long? _readAt;

    /// <inheritdoc/>
    public PodIdentity? Find(string podUid)
    {
        if (_pods.TryGetValue(podUid, out var pod))
        {
            return pod;
        }

        lock (_lock)
        {
            if (_readAt is null || time.GetElapsedTime(_readAt.Value) >= s_rereadAfter)
            {
                _readAt = time.GetTimestamp();
                _pods = Read();
            }
        }

        return _pods.TryGetValue(podUid, out pod) ? pod : null;
    }

    private FrozenDictionary<string, PodIdentity> Read()
    {
        var pods = new Dictionary<string, PodIdentity>(StringComparer.Ordinal);
        try
        {
            foreach (var entry in Directory.EnumerateDirectories(path))
            {
                // Neither namespaces nor names have underscores.
                if (Path.GetFileName(entry).Split('_') is [{ Length: > 0 } ns, { Length: > 0 } name, { Length: > 0 } uid])
                {
                    pods[uid] = new PodIdentity(ns, name);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return _pods;                                                  // unknown names are an answer; the UID is still there
        }

        return pods.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
