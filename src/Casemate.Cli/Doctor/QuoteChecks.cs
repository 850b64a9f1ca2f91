using System.Text;
using Casemate.Cli.Quotes;
using Casemate.Node.Discovery;
using Casemate.Quoting.Aesm;

namespace Casemate.Cli.Doctor;

/// <summary>Quotes on this node: the steps of <c>casemate quote-helper check</c>, and who else would serve them.</summary>
internal sealed class QuoteChecks(ExaminedNode node)
{
    private const int LongestPath = 107;
    private const string Install = "casemate addon install --quote-helper (with --image IMAGE where nothing is installed yet); "
        + "without Kubernetes: casemate quote-helper";

    private string Evidence => Path.Combine(Path.GetDirectoryName(node.AesmSocket)!, "evidence.socket");

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.QuoteSocket, Socket),
        new(DoctorFindingId.QuoteHelper, AskAsync),
        new(DoctorFindingId.QuoteRivals, Rivals),
        new(DoctorFindingId.EvidenceSocket, DescribeAsync),
    ];

    private IEnumerable<DoctorFinding> Socket()
    {
        var directory = Path.GetDirectoryName(node.AesmSocket)!;
        if (Directory.Exists(node.AesmSocket))
        {
            yield return DoctorFinding.Failed(
                DoctorFindingId.QuoteSocket, $"{node.AesmSocket} is a directory: a pod mounted it before the socket was there",
                $"rmdir {node.AesmSocket}, mount {directory} in its place in pods, and start the quote helper.");
        }
        else if (File.Exists(node.AesmSocket))
        {
            yield return DoctorFinding.Passed(DoctorFindingId.QuoteSocket, $"{node.AesmSocket} is there");
        }
        else if (!Directory.Exists(directory))
        {
            yield return DoctorFinding.Warning(
                DoctorFindingId.QuoteSocket, $"there is no directory {directory}: no quotes are made on this node", Install);
        }
        else
        {
            yield return DoctorFinding.Failed(
                DoctorFindingId.QuoteSocket,
                $"{directory} is there, with no {Path.GetFileName(node.AesmSocket)} in it: pods mount it and get no quotes", Install);
        }
    }

    private async Task<IReadOnlyList<DoctorFinding>> AskAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(node.AesmSocket) || Encoding.UTF8.GetByteCount(node.AesmSocket) > LongestPath)
        {
            return [];
        }

        // A step a call: none may take so long that those after it are never tried.
        var check = new HelperCheck(AesmClient.ForPath(node.AesmSocket, node.Limit / 2), node.Simulator, node.Time.GetUtcNow());
        await check.RunAsync(cancellationToken);
        if (check.Steps.LastOrDefault(step => !step.Passed) is { } failed)
        {
            var evidence = $"{failed.Name}: {failed.Detail}";
            return [check.ExitCode is ExitCode.NotPermitted
                ? DoctorFinding.NotChecked(DoctorFindingId.QuoteHelper, evidence, failed.Remedy) with { IsDenied = true }
                : DoctorFinding.Failed(DoctorFindingId.QuoteHelper, evidence, failed.Remedy ?? "Look at the quote helper's log.")];
        }

        var passed = DoctorFinding.Passed(
            DoctorFindingId.QuoteHelper, $"{node.AesmSocket} answers as clients ask: {string.Join("; ", check.Steps.Select(step => step.Name))}");
        return check.IsSimulated ? [passed, Simulated($"quotes on {node.AesmSocket} come from this user's simulator")] : [passed];
    }

    private async Task<IReadOnlyList<DoctorFinding>> DescribeAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Evidence))
        {
            return [];
        }

        try
        {
            var description = await EvidenceClient.DescribeAsync(Evidence, cancellationToken);
            var kinds = string.Join(", ", description.Evidence.Select(one => one.Tee.ToString().ToUpperInvariant()));
            var passed = DoctorFinding.Passed(
                DoctorFindingId.EvidenceSocket,
                $"{Evidence} answers; evidence: {(kinds.Length > 0 ? kinds : "none")}; quotes of enclaves: "
                    + $"{(description.CanQuoteEnclaves ? "yes" : "no")}");
            return description.Evidence.Any(one => one.Simulated)
                ? [passed, Simulated($"{Evidence} says that its evidence is simulated")] : [passed];
        }
        catch (CliException exception)
        {
            return [exception.ExitCode is ExitCode.NotPermitted
                ? DoctorFinding.NotChecked(DoctorFindingId.EvidenceSocket, exception.Message, exception.Remedy) with { IsDenied = true }
                : DoctorFinding.Failed(
                    DoctorFindingId.EvidenceSocket, exception.Message, exception.Remedy ?? "Look at the quote helper's log.")];
        }
    }

    private static DoctorFinding Simulated(string evidence) => DoctorFinding.Warning(
        DoctorFindingId.QuoteSimulated, $"{evidence}: SIMULATED, it proves nothing",
        "For real evidence start the quote helper with --provider dcap on a machine with SGX.");

    private IEnumerable<DoctorFinding> Rivals()
    {
        var services = new List<string>();
        foreach (var process in node.Sources.Files.List("/proc").Where(name => name.All(char.IsAsciiDigit)))
        {
            var name = Text($"/proc/{process}/comm", 64).Trim();
            if (name == "aesm_service")
            {
                services.Add($"aesm_service ({process})");
            }
            else if (name == "casemate" && Text($"/proc/{process}/cmdline", 4096).Split('\0') is [_, "quote-helper", var first, ..]
                && (first.Length == 0 || first.StartsWith('-')))
            {
                services.Add($"casemate quote-helper ({process})");
            }
        }

        if (services.Count > 1)
        {
            yield return DoctorFinding.Failed(
                DoctorFindingId.QuoteRivals, $"several processes serve quotes, and whoever came last has the socket: {string.Join(", ", services)}",
                "Keep one. Intel's on the host: systemctl disable --now aesmd. In the cluster: kubectl get daemonsets --all-namespaces");
        }
        else if (services.Count == 1)
        {
            yield return DoctorFinding.Passed(DoctorFindingId.QuoteRivals, $"{services[0]} alone serves quotes");
        }
    }

    private string Text(string path, int limit)
    {
        var file = node.Sources.Files.Read(path, limit);
        return file.State is SystemFileState.Read ? Encoding.UTF8.GetString(file.Content.Span) : "";
    }
}
