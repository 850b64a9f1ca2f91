using System.Globalization;
using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>Whether the clocks of a cluster agree: certificates, tokens and collateral are judged by them.</summary>
internal sealed class ClockChecks(ExaminedCluster cluster)
{
    private const string LeaseNamespace = "kube-node-lease";

    // The header has whole seconds, and an answer takes its time.
    private static readonly TimeSpan s_noticed = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_harmful = TimeSpan.FromSeconds(60);

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.ServerClock, ServerAsync),
        new(DoctorFindingId.NodeClocks, NodesAsync),
    ];

    /// <summary>Judges how far two clocks are apart.</summary>
    /// <param name="id">The question.</param>
    /// <param name="skew">How far the other clock is ahead; null: it was not told.</param>
    /// <param name="other">Whose the other clock is.</param>
    public static DoctorFinding Judge(DoctorFindingId id, TimeSpan? skew, string other)
    {
        if (skew is not { } ahead)
        {
            return DoctorFinding.NotChecked(id, $"{other} puts no date on its answers");
        }

        var apart = ahead.Duration();
        var evidence = $"{other} says by its Date header that it is {Seconds(apart)} "
            + $"{(ahead > TimeSpan.Zero ? "later" : "earlier")} than this machine's clock";
        const string fix = "Look which of the two is wrong, and let it follow a time server: timedatectl; chronyc tracking";
        return apart < s_noticed ? DoctorFinding.Passed(id, $"within {Seconds(apart)} of {other}")
            : apart < s_harmful ? DoctorFinding.Warning(id, evidence, fix)
            : DoctorFinding.Failed(id, evidence, fix);
    }

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");

    private async Task<IReadOnlyList<DoctorFinding>> ServerAsync(CancellationToken cancellationToken)
    {
        await cluster.Client.GetVersionAsync(cancellationToken);
        return [Judge(DoctorFindingId.ServerClock, cluster.Skew, $"the API server {cluster.Client.Configuration.Server.Authority}")];
    }

    private async Task<IReadOnlyList<DoctorFinding>> NodesAsync(CancellationToken cancellationToken)
    {
        var leases = await cluster.Client.ListAsync(
            KubeResource.Leases, new KubeListOptions { Namespace = LeaseNamespace }, cancellationToken);
        if (cluster.Now is not { } now)
        {
            return [DoctorFinding.NotChecked(DoctorFindingId.NodeClocks, "the API server puts no date on its answers")];
        }

        var ready = (await cluster.NodesAsync()).Where(node => node.IsReady).Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        var findings = new List<DoctorFinding>();
        var good = 0;
        foreach (var lease in leases.Items.Where(lease => ready.Contains(lease.Name)))
        {
            if (LeaseKind.Read(lease).Spec is not { RenewTime: { } renewed } spec)
            {
                continue;
            }

            // A kubelet renews every ten seconds and writes the time of its own clock.
            var patience = TimeSpan.FromSeconds(Math.Clamp(spec.LeaseDurationSeconds, 10, 3600) + 20);
            var evidence = $"Lease {LeaseNamespace}/{lease.Name}: renewTime is {Seconds((renewed - now).Duration())} "
                + $"{(renewed > now ? "after" : "before")} the API server's time";
            if (renewed - now > s_noticed)
            {
                findings.Add(DoctorFinding.Failed(
                    DoctorFindingId.NodeClocks, evidence, $"Let the clock of {lease.Name} follow a time server: timedatectl; chronyc tracking",
                    $"node {lease.Name}"));
            }
            else if (now - renewed > patience)
            {
                findings.Add(DoctorFinding.Warning(
                    DoctorFindingId.NodeClocks, evidence,
                    $"Its clock is behind, or its kubelet is silent: look at both on {lease.Name}: timedatectl; journalctl -u kubelet",
                    $"node {lease.Name}"));
            }
            else
            {
                good++;
            }
        }

        if (good > 0)
        {
            findings.Add(DoctorFinding.Passed(DoctorFindingId.NodeClocks, $"Leases of {good} nodes were renewed at the API server's time"));
        }

        return findings;
    }
}
