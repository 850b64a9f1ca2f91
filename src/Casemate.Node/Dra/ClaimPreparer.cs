using Casemate.Kubernetes;
using Casemate.Node.Ledger;
using Casemate.Node.Metrics;
using Casemate.Rpc.Kubelet.Dra;

namespace Casemate.Node.Dra;

/// <summary>
/// Makes claims ready and releases them. Steps of the one: ledger, CDI file, state file, answer; of the other: CDI file, state file,
/// ledger. Each can be repeated, and a process that dies between any two leaves what the next one completes or sweeps.
/// </summary>
internal sealed partial class ClaimPreparer(DraContext context, ClaimReporter? reporter = null) : IDisposable
{
    private readonly CdiFiles _cdi = new(context.Settings);
    private readonly ClaimStateFiles _states = new(context.Settings);
    private readonly SemaphoreSlim _lock = new(1);

    // What this process answered for: the kubelet takes these back, whatever the API server said of them a moment before.
    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);

    /// <summary>How many claims are ready.</summary>
    public int Count { get; private set; }

    /// <summary>Answers NodePrepareResources: an entry for each claim, whatever becomes of it.</summary>
    public async Task<NodePrepareResourcesResponse> PrepareAsync(NodePrepareResourcesRequest request, CancellationToken cancellationToken)
    {
        var start = context.Time.GetTimestamp();
        var claims = request.Claims.DistinctBy(claim => claim.Uid).ToList();
        var fetched = await FetchAsync(claims, cancellationToken).ConfigureAwait(false);
        await context.EnsureLedgerAsync(cancellationToken).ConfigureAwait(false);
        var answer = new NodePrepareResourcesResponse();
        await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var i = 0; i < claims.Count; i++)
            {
                (answer.Claims[claims[i].Uid], var result) = Prepare(claims[i], fetched[i]);
                context.Metrics?.CountPrepare(result, context.Time.GetElapsedTime(start));
            }
        }
        finally
        {
            _lock.Release();
        }

        return answer;
    }

    /// <summary>Answers NodeUnprepareResources: an entry for each claim. Needs no API server; one that is not known is released.</summary>
    public async Task<NodeUnprepareResourcesResponse> UnprepareAsync(
        NodeUnprepareResourcesRequest request, CancellationToken cancellationToken)
    {
        var start = context.Time.GetTimestamp();
        var answer = new NodeUnprepareResourcesResponse();
        await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var claim in request.Claims.DistinctBy(claim => claim.Uid))
            {
                var released = Unprepare(claim.Uid);
                answer.Claims[claim.Uid] = released;
                context.Metrics?.CountUnprepare(
                    released.Error.Length == 0 ? ClaimResult.Ok : ClaimResult.Failed, context.Time.GetElapsedTime(start));
            }
        }
        finally
        {
            _lock.Release();
        }

        return answer;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private async Task<Fetched[]> FetchAsync(IReadOnlyList<Claim> claims, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(context.Settings.ClaimPatience, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var fetched = await Task.WhenAll(claims.Select(claim => FetchAsync(claim, either.Token))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return fetched;
    }

    private async Task<Fetched> FetchAsync(Claim claim, CancellationToken patience)
    {
        if (!DraNames.IsUid(claim.Uid))
        {
            return new Fetched(null, "The claim's UID is none.", false);
        }

        try
        {
            var found = await context.Settings.Client
                .TryGetAsync(KubeResource.ResourceClaims, claim.Namespace, claim.Name, patience).ConfigureAwait(false);
            return found is null
                ? new Fetched(null, $"There is no claim '{claim.Namespace}/{claim.Name}' any more.", false)
                : new Fetched(found, "", false);
        }
        catch (KubeException e) when (e.IsNameless)
        {
            return new Fetched(null, $"The claim's name cannot be used: {e.Message.TrimEnd('.')}.", false);
        }
        catch (Exception e) when (e is KubeException or KubeConfigurationException or OperationCanceledException)
        {
            var told = e is OperationCanceledException
                ? $"the API server did not answer within {context.Settings.ClaimPatience.TotalSeconds:0} s"
                : e.Message.TrimEnd('.');
            return new Fetched(null, $"The claim cannot be read: {told}.", true);
        }
    }

    private (NodePrepareResourceResponse Answer, ClaimResult Result) Prepare(Claim claim, Fetched fetched)
    {
        try
        {
            var known = DraNames.IsUid(claim.Uid) ? _states.Read(claim.Uid, out _) : null;
            var prepared = Read(claim, fetched, known);
            Complete(prepared, known);
            DraLog.Prepared(context.Logger, prepared.Namespace, prepared.Name, prepared.Uid, prepared.Devices.Count, prepared.Bytes);
            reporter?.Ready(prepared, fetched.Object);
            return (prepared.ToAnswer(), ClaimResult.Ok);
        }
        catch (Exception e) when (e is ClaimRefusedException or IOException or UnauthorizedAccessException)
        {
            var refused = e as ClaimRefusedException;
            var reason = refused?.Message ?? $"The claim's files cannot be written: {e.Message.TrimEnd('.')}.";
            DraLog.NotPrepared(context.Logger, claim.Namespace, claim.Name, claim.Uid, reason);
            if (refused is { Result: ClaimResult.Refused })
            {
                reporter?.Refused(claim, refused.Reason, reason);
            }

            return (new NodePrepareResourceResponse { Error = reason }, refused?.Result ?? ClaimResult.Failed);
        }
    }

    private PreparedClaim Read(Claim claim, Fetched fetched, PreparedClaim? known)
    {
        if (fetched.Object is { } found)
        {
            // These two become part of the state, and of what is asked for after a restart.
            if (found.Name != claim.Name || found.Namespace != claim.Namespace)
            {
                throw new ClaimRefusedException(
                    $"The API server answered with another claim than '{claim.Namespace}/{claim.Name}'.", ClaimResult.Failed);
            }

            return ClaimAllocation.TryRead(found, claim.Uid, context.NodeName, name => Find(name, known), out var prepared, out var refusal)
                ? prepared
                : throw new ClaimRefusedException(refusal);
        }

        if (fetched.MayComeBack && known is not null && known.Namespace == claim.Namespace && known.Name == claim.Name)
        {
            DraLog.AnsweredFromState(context.Logger, claim.Uid, fetched.Problem);
            return known;
        }

        throw new ClaimRefusedException(fetched.Problem, fetched.MayComeBack ? ClaimResult.Failed : ClaimResult.Refused);
    }

    // A claim that is ready stays so while its device is away: what it was given is in its state.
    private DraDevice? Find(string name, PreparedClaim? known) =>
        context.Catalog.Find(name) ?? (known?.Devices.FirstOrDefault(device => device.Device == name) is { } device
            ? new DraDevice(name, device.Kind, device.Numa, device.Bytes, [])
            : null);

    private void Complete(PreparedClaim claim, PreparedClaim? known)
    {
        if (_damaged.ContainsKey(claim.Uid))
        {
            // It was given this before its state was damaged: counted, as at a start. Two such claims would else wait for each other.
            Restore(claim.Uid, claim.Uses);
        }
        else if (!context.Book.TryGiveClaim(claim.Uid, claim.Uses, out var refusal))
        {
            throw refusal.Reason switch
            {
                _ when _damaged.Keys.FirstOrDefault() is { } damaged => new ClaimRefusedException(
                    $"How much EPC the claim {damaged} holds cannot be read on this node, so nothing is given until that is known.",
                    ClaimResult.Failed),
                EpcRefusalReason.NotReady => new ClaimRefusedException(refusal.Message, ClaimResult.Failed),
                EpcRefusalReason.TooLarge or EpcRefusalReason.Exhausted =>
                    new ClaimRefusedException(refusal.Message, reason: ClaimReporter.EpcInsufficient),
                _ => new ClaimRefusedException(refusal.Message),
            };
        }

        try
        {
            After(DraStep.Reserved);
            WriteCdi(claim, claim == known);
            After(DraStep.CdiWritten);
            if (claim != known)
            {
                _states.Write(claim);
                Count = _states.Uids().Count;
            }

            After(DraStep.StateWritten);
            _answered.Add(claim.Uid);
            NoteWell(claim.Uid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ClaimRefusedException && known is null)
        {
            TakeBack(claim);
            throw;
        }
    }

    private void Restore(string uid, IReadOnlyList<EpcUse> uses) =>
        context.Book.RestoreClaims(new Dictionary<string, IReadOnlyList<EpcUse>>(StringComparer.Ordinal) { [uid] = uses });

    private void NoteWell(string uid)
    {
        if (_damaged.TryRemove(uid, out _) | _withoutCdi.TryRemove(uid, out _))
        {
            context.Progressed();
        }
    }

    private void TakeBack(PreparedClaim claim)
    {
        if (_damaged.ContainsKey(claim.Uid))
        {
            // A container may have it: it counts as before.
            Restore(claim.Uid, Unknown(claim.Uid));
            return;
        }

        context.Book.ReleaseClaim(claim.Uid);
        try
        {
            _cdi.Remove(claim.Uid);
            RemoveAesm(claim.Uid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DraLog.NoFiles(context.Logger, _cdi.PathOf(claim.Uid), e.Message);
        }
    }

    private void WriteCdi(PreparedClaim claim, bool isKnown)
    {
        var missing = claim.Devices.FirstOrDefault(device => context.Catalog.Find(device.Device) is null);
        if (missing is null)
        {
            _cdi.Write(claim.Uid, CdiSpec.Write(
                claim, device => context.Catalog.Find(device.Device)!.Nodes, MakeAesm(claim), context.Plugin));
        }
        else if (!isKnown || !_cdi.Exists(claim.Uid))
        {
            throw new ClaimRefusedException($"This node has no device '{missing.Device}' at present.");
        }
    }

    private NodeUnprepareResourceResponse Unprepare(string uid)
    {
        if (!DraNames.IsUid(uid))
        {
            return new NodeUnprepareResourceResponse();                    // never made ready
        }

        try
        {
            Release(uid);
            return new NodeUnprepareResourceResponse();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DraLog.NotReleased(context.Logger, uid, e.Message);
            return new NodeUnprepareResourceResponse { Error = $"The claim's files cannot be removed: {e.Message.TrimEnd('.')}." };
        }
    }

    private void Release(string uid)
    {
        _cdi.Remove(uid);
        After(DraStep.CdiRemoved);
        _states.Remove(uid);
        _answered.Remove(uid);
        After(DraStep.StateRemoved);
        RemoveAesm(uid);
        context.Book.ReleaseClaim(uid);
        NoteWell(uid);
        Count = _states.Uids().Count;
        DraLog.Released(context.Logger, uid);
    }

    private void After(DraStep step) => context.Settings.AfterStep?.Invoke(step);

    /// <summary>A claim as the API server has it, or why it is not known.</summary>
    private sealed record Fetched(KubeObject? Object, string Problem, bool MayComeBack);
}
