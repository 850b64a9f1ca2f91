using System.Globalization;
using System.Text;
using Casemate.Kubernetes;
using Casemate.Node.Discovery;

namespace Casemate.Cli.Doctor;

/// <summary>What the agent and its neighbours need of the machine, and its clock.</summary>
internal sealed class SystemChecks(ExaminedNode node)
{
    private const long FewestInstances = 128;

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.InotifyLimit, Inotify),
        new(DoctorFindingId.OpenFiles, OpenFiles),
        new(DoctorFindingId.Clock, ClockAsync),
    ];

    private IEnumerable<DoctorFinding> Inotify()
    {
        const string path = "/proc/sys/fs/inotify/max_user_instances";
        if (Numbers(path) is [var most, ..])
        {
            yield return most >= FewestInstances
                ? DoctorFinding.Passed(DoctorFindingId.InotifyLimit, $"{path}: {most}")
                : DoctorFinding.Warning(
                    DoctorFindingId.InotifyLimit, $"{path}: {most}; agent, kubelet and runtime each watch files as the same user",
                    $"sysctl -w fs.inotify.max_user_instances={FewestInstances * 4}");
        }
    }

    private IEnumerable<DoctorFinding> OpenFiles()
    {
        const string path = "/proc/sys/fs/file-nr";
        if (Numbers(path) is [var open, _, var most, ..] && most > 0)
        {
            yield return open < most / 10 * 9
                ? DoctorFinding.Passed(DoctorFindingId.OpenFiles, $"{path}: {open} of {most}")
                : DoctorFinding.Failed(
                    DoctorFindingId.OpenFiles, $"{path}: {open} of {most} are in use",
                    $"Find who holds them (lsof -n | awk '{{print $1}}' | sort | uniq -c | sort -n), or: sysctl -w fs.file-max={DoubleOf(most)}");
        }
    }

    private async Task<IReadOnlyList<DoctorFinding>> ClockAsync(CancellationToken cancellationToken)
    {
        if (node.Cluster is not { } cluster)
        {
            return [DoctorFinding.NotChecked(
                DoctorFindingId.Clock, "there is no other clock to compare with: no cluster is known here",
                "Name one with --kubeconfig FILE, or look at 'timedatectl'.")];
        }

        using var examined = new ExaminedCluster(cluster, node.Limit, node.Time);
        try
        {
            await examined.Client.GetVersionAsync(cancellationToken);
        }
        catch (KubeException) when (examined.Skew is not null)
        {
            // A refusal has a date, too.
        }

        return [ClockChecks.Judge(DoctorFindingId.Clock, examined.Skew, cluster.Server.Authority)];
    }

    private static long DoubleOf(long value) => value > long.MaxValue / 2 ? long.MaxValue : value * 2;

    // Null when the file is not there or holds something else.
    private List<long>? Numbers(string path)
    {
        var file = node.Sources.Files.Read(path, 256);
        if (file.State is not SystemFileState.Read)
        {
            return null;
        }

        var numbers = new List<long>();
        foreach (var word in Encoding.ASCII.GetString(file.Content.Span).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            // The kernel's own default for the most open files is the largest unsigned number.
            if (!ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            numbers.Add((long)Math.Min(number, long.MaxValue));
        }

        return numbers;
    }
}
