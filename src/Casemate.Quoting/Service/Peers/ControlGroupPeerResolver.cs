using System.Globalization;
using System.Text;

namespace Casemate.Quoting.Service.Peers;

/// <summary>
/// Finds the pod of a process by its control group. Works when this process sees the host's processes (<c>hostPID</c>); otherwise the
/// kernel gives process id 0, and every peer stays <see cref="PeerIdentification.Unknown"/>.
/// </summary>
/// <remarks>
/// The start time of the process is read before and after its control group, so that an id that is reused meanwhile identifies nobody.
/// A process that passes its open connection to another pod is still the one that is named: it lent its identity.
/// </remarks>
/// <param name="pods">Knows the names of pods; null: UIDs are all there is.</param>
/// <param name="procRoot">The host's <c>/proc</c>.</param>
public sealed class ControlGroupPeerResolver(IPodDirectory? pods = null, string procRoot = "/proc") : IPeerResolver
{
    private const int MaximumFileSize = 64 * 1024;

    /// <inheritdoc/>
    public ValueTask<Peer> ResolveAsync(PeerCredential credential, string endpoint, CancellationToken cancellationToken)
    {
        var unknown = new Peer(credential, endpoint);
        if (credential.ProcessId <= 0)
        {
            return ValueTask.FromResult(unknown);
        }

        var process = Path.Combine(procRoot, credential.ProcessId.ToString(CultureInfo.InvariantCulture));
        if (StartTime(process) is not { } before
            || Read(Path.Combine(process, "cgroup")) is not { } text
            || !ControlGroup.TryRead(text, out var podUid, out var containerId)
            || StartTime(process) != before)
        {
            return ValueTask.FromResult(unknown);
        }

        var pod = pods?.Find(podUid);
        return ValueTask.FromResult(unknown with
        {
            Identification = PeerIdentification.ControlGroup,
            PodUid = podUid,
            ContainerId = containerId,
            Namespace = pod?.Namespace,
            PodName = pod?.Name,
        });
    }

    // Field 22 of /proc/PID/stat; the second field, the program's name, is in parentheses and may have any character (proc(5)).
    private static ulong? StartTime(string process)
    {
        if (Read(Path.Combine(process, "stat")) is not { } text)
        {
            return null;
        }

        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && ulong.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? ticks
            : null;
    }

    // Files of /proc have no length; a process that ended has none of them.
    private static string? Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var buffer = new byte[4096];
            var filled = 0;
            int read;
            while ((read = file.Read(buffer, filled, buffer.Length - filled)) > 0)
            {
                filled += read;
                if (filled == buffer.Length)
                {
                    if (filled >= MaximumFileSize)
                    {
                        return null;
                    }

                    Array.Resize(ref buffer, filled * 2);
                }
            }

            return Encoding.UTF8.GetString(buffer, 0, filled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
