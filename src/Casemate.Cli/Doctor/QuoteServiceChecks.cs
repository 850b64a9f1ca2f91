using Casemate.Addon;

namespace Casemate.Cli.Doctor;

/// <summary>Quotes in the cluster: whether somebody makes them, and whether somebody waits for them.</summary>
internal sealed class QuoteServiceChecks(ExaminedCluster cluster)
{
    /// <summary>The quote helper's DaemonSet.</summary>
    public const string Helper = "casemate-quote-helper";

    private const string Option = "--quote-helper";

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.QuoteHelperRollout, RolloutAsync),
        new(DoctorFindingId.QuoteHelperWanted, WantedAsync),
    ];

    /// <summary>Who serves quotes on nodes: the add-on's helper, or another one's; null: nobody.</summary>
    public static async Task<string?> FindHelperAsync(ExaminedCluster cluster) => (await cluster.DaemonSetsAsync())
        .FirstOrDefault(one => (one.Namespace == AddonOptions.NodeNamespace && one.Name == Helper)
            || one.Name is "sgx-quote-helper" || one.Name.Contains("aesmd", StringComparison.Ordinal))?.Key;

    private async Task<IReadOnlyList<DoctorFinding>> RolloutAsync(CancellationToken cancellationToken)
    {
        // Beside the one for enclaves there may be one for each kind of guest.
        if (await cluster.OwnDaemonSetAsync(Helper) is not null)
        {
            return [.. (await cluster.DaemonSetsAsync())
                .Where(one => one.Namespace == AddonOptions.NodeNamespace && one.Name.StartsWith(Helper, StringComparison.Ordinal))
                .Select(own => AddonChecks.Judge(DoctorFindingId.QuoteHelperRollout, AddonChecks.Named(own, "DaemonSet"), "DaemonSet"))];
        }

        return await FindHelperAsync(cluster) is { } other
            ? [DoctorFinding.Passed(DoctorFindingId.QuoteHelperRollout, $"DaemonSet {other} of another maker serves quotes")]
            : [DoctorFinding.Warning(
                DoctorFindingId.QuoteHelperRollout,
                $"there is no DaemonSet {AddonOptions.NodeNamespace}/{Helper}: enclaves that ask for a quote get none, and {SeenPod.AesmDirectory} is empty",
                await cluster.InstallAsync(Option))];
    }

    private async Task<IReadOnlyList<DoctorFinding>> WantedAsync(CancellationToken cancellationToken)
    {
        if (await FindHelperAsync(cluster) is { } helper)
        {
            return [DoctorFinding.Passed(DoctorFindingId.QuoteHelperWanted, $"DaemonSet {helper} serves who wants quotes")];
        }

        var install = await cluster.InstallAsync(Option);
        List<DoctorFinding> findings = [.. (await cluster.PodsAsync()).Where(pod => pod.WantsQuotes && !pod.IsOver && pod.Object.Namespace != AddonOptions.NodeNamespace)
            .Select(pod => DoctorFinding.Failed(
                DoctorFindingId.QuoteHelperWanted,
                $"pod {pod.Key} expects AESM (SGX_AESM_ADDR, {SeenPod.AesmDirectory} or sgx.intel.com/quote-provider), and no quote helper is in the "
                    + "cluster",
                install, $"pod {pod.Key}"))];
        return findings.Count > 0 ? findings : [DoctorFinding.Passed(DoctorFindingId.QuoteHelperWanted, "no pod expects AESM")];
    }
}
