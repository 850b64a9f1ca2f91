using System.Security.Cryptography;
using System.Threading.Channels;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.NodeObject;

/// <summary>
/// Keeps the Node as it shall be: labels, taints, amounts, conditions, and the startup taint until the node is attested. Everything is a
/// comparison of what is with what shall be, made again whenever either changes: a Node that is made again, a status that is lost, a
/// taint that comes back need no case of their own. Only what <see cref="NodeMarks"/> names and the plan's own keys are ever written.
/// </summary>
public sealed partial class NodeObjectReconciler
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LargestDrift = TimeSpan.FromSeconds(30);

    private readonly KubeClient _client;
    private readonly NodeObjectSettings _settings;
    private readonly INodeAttestation? _attestation;
    private readonly EventRecorder _events;
    private readonly ILogger _logger;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly RestoreBudget _afterKubelet;
    private readonly RestoreBudget _againstOthers;
    private volatile NodeObjectWish? _wish;
    private volatile NodeObjectStatus _status = new() { Problem = "The Node has not been looked at yet." };
    private volatile KubeReference _about;
    private Memory _memory = new("");
    private (DateTimeOffset Now, long Timestamp) _looked;

    /// <summary>Makes one; nothing is asked yet.</summary>
    /// <param name="client">Through whom, with a field manager that nobody else uses; stays the caller's.</param>
    /// <param name="settings">How.</param>
    /// <param name="attestation">
    /// Attests the node; null: the label and condition of attestation are left alone, and so is the startup taint unless
    /// <see cref="NodeObjectSettings.OpenUnattestedWhenReady"/> is set.
    /// </param>
    /// <param name="logger">Where it tells what it does; null: nowhere.</param>
    public NodeObjectReconciler(
        KubeClient client, NodeObjectSettings settings, INodeAttestation? attestation = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(settings);
        (_client, _settings, _attestation, _logger) = (client, settings, attestation, logger ?? NullLogger.Instance);
        _events = new EventRecorder(client, "casemate.dev/node", settings.NodeName);
        _about = new KubeReference(KubeResource.Nodes.ApiVersion, KubeResource.Nodes.Kind, null, settings.NodeName, "");
        _afterKubelet = new RestoreBudget(settings.RestoresAfterKubelet, TimeSpan.FromMinutes(10));
        _againstOthers = new RestoreBudget(settings.RestoresAgainstOthers, TimeSpan.FromHours(1));
        _looked = (client.Time.GetUtcNow(), client.Time.GetTimestamp());
    }

    /// <summary>What is known about one Node: another one of the same name starts afresh.</summary>
    private sealed class Memory(string uid)
    {
        public string Uid { get; } = uid;
        public IReadOnlyDictionary<string, long>? Expected { get; set; }
        public DateTimeOffset? MissingSince { get; set; }
        public DateTimeOffset? AdvertisedAt { get; set; }
        public string? AttestingBoot { get; set; }
        public string? AttestedBoot { get; set; }
        public DateTimeOffset? AttestedAt { get; set; }
        public NodeAttestationResult? LastResult { get; set; }
        public Task<NodeAttestationResult>? Attesting { get; set; }
        public int Failures { get; set; }
        public DateTimeOffset NextAttestation { get; set; }
        public DateTimeOffset? ClosedSince { get; set; }
        public DateTimeOffset? OpenedAt { get; set; }
        public bool WasClosed { get; set; }
        public bool Stuck { get; set; }
        public string? NotReady { get; set; }
        public long Restores { get; set; }
        public string ContestedLabels { get; set; } = "";
        public HashSet<string> Told { get; } = new(StringComparer.Ordinal);
        public DateTimeOffset? Due { get; set; }

        public void DueAt(DateTimeOffset at) => Due = Due is { } earlier && earlier <= at ? earlier : at;

        public void Move(TimeSpan by)
        {
            (MissingSince, AttestedAt, ClosedSince) = (MissingSince + by, AttestedAt + by, ClosedSince + by);
            NextAttestation = NextAttestation == default ? default : NextAttestation + by;
        }
    }

    /// <summary>How the Node stands, as last seen.</summary>
    public NodeObjectStatus Status => _status;

    /// <summary>The Node, for Events about it; without its identity until it was seen.</summary>
    internal KubeReference About => _about;

    /// <summary>Told after each look at the Node; must not block.</summary>
    internal Action? Looked { get; init; }

    /// <summary>Says what the Node shall show from now on.</summary>
    public void Update(NodeObjectWish wish)
    {
        ArgumentNullException.ThrowIfNull(wish);
        _wish = wish;
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Looks after the Node until it is cancelled. To be run once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchAsync(stop.Token);
        try
        {
            var failures = 0;
            while (true)
            {
                if (watching.IsFaulted)
                {
                    await watching.ConfigureAwait(false);                  // without it nobody would tell of changes
                }

                DateTimeOffset? due;
                try
                {
                    due = await PassAsync(cancellationToken).ConfigureAwait(false);
                    failures = 0;
                    Looked?.Invoke();
                }
                catch (Exception exception) when (exception is KubeException or KubeConfigurationException)
                {
                    // Somebody was quicker: look again at once. Else wait, longer each time.
                    failures = Math.Min(failures + 1, 16);
                    var wait = failures == 1 && exception is KubeException { IsConflict: true } or KubeException { IsInvalid: true }
                        ? TimeSpan.FromMilliseconds(200)
                        : Wait(failures);
                    if (_status.Problem != exception.Message)
                    {
                        // Once for each reason: the API server may be away for long.
                        NodeObjectLog.PassFailed(_logger, _settings.NodeName, wait.TotalSeconds, exception.Message);
                    }

                    _status = _status with { IsSettled = false, Problem = exception.Message };
                    Looked?.Invoke();
                    await Task.Delay(wait, _client.Time, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                await WaitAsync(due, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Compares and corrects once.</summary>
    /// <returns>When to look again without anything having changed; null: no need.</returns>
    internal async Task<DateTimeOffset?> PassAsync(CancellationToken cancellationToken)
    {
        if (_wish is not { } wish)
        {
            return null;
        }

        // Read afresh, since a watch may tell of our own changes late.
        var node = await _client.TryGetAsync(KubeResource.Nodes, null, _settings.NodeName, cancellationToken).ConfigureAwait(false);
        if (node is null || node.IsBeingDeleted)
        {
            _status = _status with
            {
                IsSettled = false,
                Problem = $"There is no Node {_settings.NodeName}: is that its name, or has it not joined yet?",
            };
            return null;
        }

        if (_memory.Uid != node.Uid)
        {
            _memory = new Memory(node.Uid);
            _about = KubeReference.To(KubeResource.Nodes, node);
        }

        _memory.Due = null;
        var now = Now();
        var view = new NodeView(node);
        var conflicts = FindConflicts(view, wish.Plan);
        view = await WriteCapacityAsync(view, wish.Plan, conflicts, now, cancellationToken).ConfigureAwait(false);
        var advertised = await JudgeAdvertisedAsync(view, wish, now, cancellationToken).ConfigureAwait(false);
        _memory.NotReady = advertised.Status is true ? wish.NotReady : advertised.Message;
        await WatchDeadlineAsync(view, now, cancellationToken).ConfigureAwait(false);
        var attested = await JudgeAttestedAsync(view, now, cancellationToken).ConfigureAwait(false);

        // The order is part of the startup protocol: the label, then the condition, then the taint.
        view = await WriteMarksAsync(view, wish.Plan, cancellationToken).ConfigureAwait(false);
        List<NodeCondition> conditions = [.. wish.Conditions];
        if (wish.Plan.FrontEnd is not EpcFrontEnd.None)
        {
            conditions.Add(ConflictCondition(conflicts));
            conditions.Add(advertised);
        }

        if (attested is not null)
        {
            conditions.Add(attested);
        }

        view = await WriteConditionsAsync(view, conditions, now, cancellationToken).ConfigureAwait(false);
        view = await WriteTaintsAsync(view, wish.Plan, now, cancellationToken).ConfigureAwait(false);
        Publish(view, wish, advertised, conflicts);
        return _memory.Due;
    }

    // A clock that is set, as soon after the machine's start, makes nothing that waits early or late: all of it moves along.
    private DateTimeOffset Now()
    {
        var (now, timestamp) = (_client.Time.GetUtcNow(), _client.Time.GetTimestamp());
        var step = now - _looked.Now - _client.Time.GetElapsedTime(_looked.Timestamp, timestamp);
        if (step.Duration() > LargestDrift)
        {
            _memory.Move(step);
            _afterKubelet.Move(step);
            _againstOthers.Move(step);
        }

        _looked = (now, timestamp);
        return now;
    }

    private void Publish(NodeView view, NodeObjectWish wish, NodeCondition advertised, List<EpcConflict> conflicts)
    {
        var problem = conflicts.FirstOrDefault()?.Sentence
            ?? (advertised.Status is true ? null : advertised.Message)
            ?? (view.IsClosed && LooksAfterTaint
                ? _memory.NotReady ?? _memory.LastResult?.Message ?? "The node is not attested yet."
                : null);
        _status = new NodeObjectStatus
        {
            IsSettled = problem is null,
            Problem = problem,
            Advertised = wish.Expected.Keys.ToDictionary(
                name => name, name => Quantity.TryReadWhole(view.Allocatable.GetValueOrDefault(name), out var value) ? value : 0),
            Conflicts = [.. conflicts.Select(conflict => conflict.Sentence)],
            ContestedLabels = [.. _memory.ContestedLabels.Split(',', StringSplitOptions.RemoveEmptyEntries)],
            IsClosed = view.IsClosed,
            IsAttested = IsAttested(view),
            IsStuck = _memory.Stuck,
            Restores = _memory.Restores,
            AdvertisedAt = _memory.AdvertisedAt,
            AttestedAt = _memory.AttestedAt,
            OpenedAt = _memory.OpenedAt,
            Platform = _memory.LastResult?.Platform,
        };
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var informer = new Informer(_client, KubeResource.Nodes, KubeListOptions.Named(_settings.NodeName));
        try
        {
            await foreach (var _ in informer.RunAsync(cancellationToken).ConfigureAwait(false))
            {
                _wake.Writer.TryWrite(true);
            }
        }
        finally
        {
            _wake.Writer.TryWrite(true);
        }
    }

    private async Task WaitAsync(DateTimeOffset? due, CancellationToken cancellationToken)
    {
        if (due is null)
        {
            await _wake.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        var wait = due.Value - _client.Time.GetUtcNow();
        if (wait <= TimeSpan.Zero)
        {
            wait = TimeSpan.FromMilliseconds(50);                           // never a loop without a pause
        }

        using var timer = new CancellationTokenSource(wait, _client.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await _wake.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is due.
        }
    }

    private static TimeSpan Wait(int failures)
    {
        var longest = Math.Min(1000 * Math.Pow(2, failures - 1), LongestWait.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(longest * (500 + RandomNumberGenerator.GetInt32(501)) / 1000);
    }

    private Task TellAsync(NodeView view, string reason, string action, string note, bool isWarning, CancellationToken cancellationToken) =>
        _events.RecordAsync(
            new KubeEvent(KubeReference.To(KubeResource.Nodes, view.Object), reason, action, note) { IsWarning = isWarning },
            cancellationToken);

    private static bool Same(IReadOnlyDictionary<string, long> left, IReadOnlyDictionary<string, long> right) =>
        left.Count == right.Count && left.All(entry => right.TryGetValue(entry.Key, out var value) && value == entry.Value);
}
