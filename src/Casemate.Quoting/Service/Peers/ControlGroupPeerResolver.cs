using System.Buffers;
using System.Globalization;
using System.Text;
using Casemate.Primitives.Sockets;

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
    private const int UsualFileSize = 4096;
    private const int MaximumFileSize = 64 * 1024;
    private const int StartTimeField = 22;

    /// <inheritdoc/>
    public ValueTask<Peer> ResolveAsync(PeerCredential credential, string endpoint, CancellationToken cancellationToken)
    {
        var unknown = new Peer(credential, endpoint);
        if (credential.ProcessId <= 0)
        {
            return ValueTask.FromResult(unknown);
        }

        var process = Path.Combine(procRoot, credential.ProcessId.ToString(CultureInfo.InvariantCulture));
        if (!TryFindPod(process, out var podUid, out var containerId))
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

    // Every connection comes by here: the files are read into memory that is lent, and only the names that are kept become strings.
    private static bool TryFindPod(string process, out string podUid, out string? containerId)
    {
        (podUid, containerId) = ("", null);
        var buffer = ArrayPool<byte>.Shared.Rent(UsualFileSize);
        try
        {
            var stat = Path.Combine(process, "stat");
            return StartTime(Read(stat, ref buffer)) is { } before
                && Read(Path.Combine(process, "cgroup"), ref buffer) is { Length: > 0 } groups
                && ControlGroup.TryRead(Encoding.UTF8.GetString(groups), out podUid, out containerId)
                && StartTime(Read(stat, ref buffer)) == before;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Field 22 of /proc/PID/stat; the second field, the program's name, is in parentheses and may have any character (proc(5)).
    private static ulong? StartTime(ReadOnlySpan<byte> stat)
    {
        var fields = stat[(stat.LastIndexOf((byte)')') + 1)..];
        var number = 2;
        foreach (var range in fields.Split((byte)' '))
        {
            if (!fields[range].IsEmpty && ++number == StartTimeField)
            {
                return ulong.TryParse(fields[range], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) ? ticks : null;
            }
        }

        return null;
    }

    // Files of /proc have no length; a process that ended has none of them. Empty when there is nothing, or too much.
    private static ReadOnlySpan<byte> Read(string path, ref byte[] buffer)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var filled = 0;
            int read;
            while ((read = RandomAccess.Read(file, buffer.AsSpan(filled), filled)) > 0)
            {
                filled += read;
                if (filled == buffer.Length)
                {
                    if (filled >= MaximumFileSize)
                    {
                        return [];
                    }

                    var larger = ArrayPool<byte>.Shared.Rent(filled * 2);
                    buffer.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }

            return buffer.AsSpan(0, filled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
