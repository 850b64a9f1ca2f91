using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>
/// Installs the add-on, or changes an installation into another one. Every step can be done again: what is there already stays as it is,
/// and what stopped half-way goes on from there.
/// </summary>
public sealed class AddonInstaller
{
    /// <summary>Under which name the fields of the add-on's objects are written.</summary>
    public const string FieldManager = "casemate-addon";

    // From here on a pod's token names its node, which admission policies need; those policies are served since then, too.
    private static readonly (int Major, int Minor) s_oldest = (1, 30);
    private static readonly (int Major, int Minor) s_oldestWithClaims = (1, 36);

    private static readonly TimeSpan s_lookPeriod = TimeSpan.FromMilliseconds(500);

    private readonly KubeClient _client;
    private readonly ManifestApplier _applier;

    /// <summary>Makes one; nothing is asked yet.</summary>
    /// <param name="client">Whom to ask; stays the caller's.</param>
    public AddonInstaller(KubeClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        (_client, _applier) = (client, new ManifestApplier(client));
    }

    /// <summary>How it is remembered what was made: a label on each object, and a list of them.</summary>
    public static ManifestInventory Inventory { get; } = new(AddonOptions.NodeNamespace, "casemate-addon");

    /// <summary>The objects of an installation: those of <see cref="AddonManifests.Objects"/>, and what remembers the options.</summary>
    /// <exception cref="AddonException">An option is out of range.</exception>
    public static IReadOnlyList<KubeObject> ObjectsOf(AddonOptions options) =>
        [.. AddonManifests.Objects(options), AddonChoices.ToObject(options)];

    /// <summary>Reads what of the add-on is there.</summary>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    /// <exception cref="AddonException">What remembers the options was changed into something else.</exception>
    public async Task<AddonInstalled> ReadInstalledAsync(CancellationToken cancellationToken = default)
    {
        var agent = await ReadAsync(KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-node").ConfigureAwait(false);
        var list = await ReadAsync(KubeResource.ConfigMaps, Inventory.Namespace, Inventory.Name).ConfigureAwait(false);
        var choices = await ReadAsync(KubeResource.ConfigMaps, AddonOptions.NodeNamespace, AddonChoices.Name).ConfigureAwait(false);
        if (choices is not null)
        {
            return new AddonInstalled(AddonChoices.Read(choices), list is not null, agent is not null);
        }

        if (agent is null)
        {
            return new AddonInstalled(null, list is not null, false);
        }

        var helper = await ReadAsync(KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-quote-helper").ConfigureAwait(false);
        var webhook = await ReadAsync(KubeResource.Deployments, AddonOptions.SystemNamespace, "casemate-webhook").ConfigureAwait(false);
        return new AddonInstalled(AppliedAddon.OptionsOf(agent, helper, webhook), list is not null, true);

        Task<KubeObject?> ReadAsync(KubeResource resource, string space, string name) =>
            _client.TryGetAsync(resource, space, name, cancellationToken);
    }

    /// <summary>Finds out whether a cluster can have the add-on, and whether the caller may install it. Writes nothing.</summary>
    /// <param name="options">What the add-on is made of.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    /// <exception cref="AddonException">An option is out of range.</exception>
    public async Task<AddonChecks> CheckAsync(AddonOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var objects = ObjectsOf(options);
        var version = await _client.GetVersionAsync(cancellationToken).ConfigureAwait(false);
        var oldest = options.HasClaims ? s_oldestWithClaims : s_oldest;
        var problems = new List<string>();
        if (!version.IsAtLeast(oldest.Major, oldest.Minor))
        {
            problems.Add(
                $"The cluster is Kubernetes {version}; {(options.HasClaims ? "Dynamic Resource Allocation" : "the add-on")} "
                    + $"takes {oldest.Major}.{oldest.Minor} or later.");
        }

        var kinds = objects.Select(one => KubeResource.FindKnown(one.ApiVersion, one.Kind)!).Distinct().ToList();
        var discovery = await _client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
        problems.AddRange(discovery.Missing(kinds).Select(kind => $"The cluster serves no {kind} of the version {kind.Version}."));
        return new AddonChecks(
            version, problems, await OwnRights.FindMissingAsync(_client, OwnRights.ForInstalling(objects), cancellationToken)
                .ConfigureAwait(false));
    }

    /// <summary>Tells what installing would do; the server judges each object and keeps nothing.</summary>
    /// <param name="options">What the add-on is made of.</param>
    /// <param name="takeOver">Take over fields that other programs own.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    /// <exception cref="AddonException">An option is out of range, or no image is named.</exception>
    public async Task<AddonPlan> PlanAsync(AddonOptions options, bool takeOver = false, CancellationToken cancellationToken = default)
    {
        var objects = await WantedAsync(options, cancellationToken).ConfigureAwait(false);
        var how = How(takeOver);
        return new AddonPlan(
            await _applier.PlanAsync(objects, how, cancellationToken).ConfigureAwait(false),
            await _applier.PlanPruneAsync(objects, how, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Makes what is missing, changes what differs, and removes what is no longer part of it.</summary>
    /// <param name="options">What the add-on is made of.</param>
    /// <param name="takeOver">Take over fields that other programs own.</param>
    /// <param name="told">Told each change when it is done; null: nobody.</param>
    /// <param name="cancellationToken">Stops it between two objects.</param>
    /// <exception cref="KubeException">An object was refused. What was told is done; the same call goes on from there.</exception>
    /// <exception cref="AddonException">An option is out of range, or no image is named.</exception>
    public async Task<IReadOnlyList<ManifestChange>> ApplyAsync(
        AddonOptions options, bool takeOver = false, Action<ManifestChange>? told = null, CancellationToken cancellationToken = default) =>
        await _applier.ApplyAsync(
            await WantedAsync(options, cancellationToken).ConfigureAwait(false), How(takeOver), told, cancellationToken).ConfigureAwait(false);

    /// <summary>Waits until every part of the add-on runs.</summary>
    /// <param name="options">What the add-on is made of.</param>
    /// <param name="limit">How long to wait for all of it.</param>
    /// <param name="progress">Told each new status of a part; null: nobody.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>True when all of it runs; what hangs is then for <see cref="AddonStatus"/> to say.</returns>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    /// <exception cref="AddonException">An option is out of range.</exception>
    public async Task<bool> WaitAsync(
        AddonOptions options, TimeSpan limit, Action<KubeObject, RolloutStatus>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var statuses = await _applier.WaitAsync(ObjectsOf(options), limit, How(false), progress, cancellationToken).ConfigureAwait(false);
        return statuses.All(one => one.Status.State is RolloutState.Complete);
    }

    /// <summary>Waits until the agent of some node has found such hardware, and said so on its Node.</summary>
    /// <param name="tee">The hardware.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>False when no node offered it in that time.</returns>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    public async Task<bool> WaitForHardwareAsync(AddonTee tee, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var begin = _client.Time.GetTimestamp();
        while (true)
        {
            var nodes = await _client.ListAsync(KubeResource.Nodes, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (nodes.Items.Any(node => AddonTees.IsOn(tee, node)))
            {
                return true;
            }

            if (_client.Time.GetElapsedTime(begin) >= limit)
            {
                return false;
            }

            await Task.Delay(s_lookPeriod, _client.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    // A namespace that an installation without the webhook does not need stays part of it as long as it holds what is of others.
    private async Task<IReadOnlyList<KubeObject>> WantedAsync(AddonOptions options, CancellationToken cancellationToken)
    {
        var objects = Checked(options);
        if (options.WithWebhook
            || await _client.TryGetAsync(KubeResource.Namespaces, null, AddonOptions.SystemNamespace, cancellationToken)
                .ConfigureAwait(false) is not { } space
            || !Inventory.Owns(space))
        {
            return objects;
        }

        var held = await HeldNamespaces.FindAsync(_client, new HashSet<string>(), cancellationToken).ConfigureAwait(false);
        return held.ContainsKey(AddonOptions.SystemNamespace)
            ? [.. objects, .. AddonManifests.Objects(options with { WithWebhook = true })
                .Where(one => one is { Kind: "Namespace", Name: AddonOptions.SystemNamespace })]
            : objects;
    }

    private static IReadOnlyList<KubeObject> Checked(AddonOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Image != AddonOptions.NoImage
            ? ObjectsOf(options)
            : throw new AddonException(
                $"no image is named: '{AddonOptions.NoImage}' is a word to be replaced, which no registry has",
                "Name the program's image as registry.example/casemate@sha256:...");
    }

    private static ManifestApplyOptions How(bool takeOver) =>
        new() { FieldManager = FieldManager, Inventory = Inventory, Force = takeOver };
}
