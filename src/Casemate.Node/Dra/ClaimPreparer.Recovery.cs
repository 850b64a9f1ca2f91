using System.Collections.Concurrent;
using Casemate.Kubernetes;
using Casemate.Node.Ledger;

namespace Casemate.Node.Dra;

/// <content>What an earlier process left: taken over, completed, or swept away.</content>
internal sealed partial class ClaimPreparer
{
    private const string AesmPrefix = "claim-";

    // Claims of which nobody knows how much they hold, and what is the matter with their files.
    private readonly ConcurrentDictionary<string, string> _damaged = new(StringComparer.Ordinal);

    // Claims without their CDI file: a container that starts again would not get its devices.
    private readonly ConcurrentDictionary<string, string> _withoutCdi = new(StringComparer.Ordinal);
    private readonly HashSet<string> _notAskable = new(StringComparer.Ordinal);
    private string? _compareProblem;

    /// <summary>What is the matter with claims of an earlier process, a phrase each; empty when nothing is.</summary>
    public IEnumerable<string> Missing() => _damaged.OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => $"what the claim in {_states.PathOf(entry.Key)} holds cannot be read: {entry.Value}")
        .Concat(_withoutCdi.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => $"claim {entry.Key} has no CDI file: {entry.Value}"));

    private const UnixFileMode ForAllToEnter =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Takes over the claims that are ready, and removes files of those that never were. Before the first call.</summary>
    /// <exception cref="IOException">The state cannot be read, so nothing may be given.</exception>
    /// <exception cref="UnauthorizedAccessException">The state cannot be read, so nothing may be given.</exception>
    public void Recover()
    {
        _damaged.Clear();
        _states.Open();
        _cdi.RemoveLeftovers();
        var uids = _states.Uids();
        var uses = new Dictionary<string, IReadOnlyList<EpcUse>>(StringComparer.Ordinal);
        foreach (var uid in uids)
        {
            uses[uid] = Recover(uid);
        }

        context.Book.RestoreClaims(uses);
        Count = uids.Count;
        foreach (var orphan in _cdi.Uids().Except(uids, StringComparer.Ordinal))
        {
            _cdi.Remove(orphan);
            DraLog.Swept(context.Logger, _cdi.PathOf(orphan));
        }

        SweepAesm(uids);
    }

    /// <summary>
    /// Releases claims that the API server does not know any more, or that hold nothing here by now; writes the CDI files of the others
    /// where they are missing. What this process answered for is left to the kubelet, which has the containers.
    /// </summary>
    /// <returns>False when it could not be asked about each; to be repeated soon.</returns>
    public async Task<bool> CompareAsync(CancellationToken cancellationToken)
    {
        try
        {
            var all = await CompareAllAsync(cancellationToken).ConfigureAwait(false);
            _compareProblem = all ? null : _compareProblem;
            return all;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NoteNotCompared(e.Message);
            return false;
        }
    }

    private async Task<bool> CompareAllAsync(CancellationToken cancellationToken)
    {
        foreach (var uid in _states.Uids())
        {
            if (await ReadAsync(uid, cancellationToken).ConfigureAwait(false) is not { } claim)
            {
                continue;
            }

            try
            {
                var found = await context.Settings.Client
                    .TryGetAsync(KubeResource.ResourceClaims, claim.Namespace, claim.Name, cancellationToken).ConfigureAwait(false);
                if (found is null || !ClaimAllocation.IsHeldHere(found, uid, context.NodeName))
                {
                    await ReleaseAsync(uid, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (KubeException e) when (e.IsNameless)
            {
                if (_notAskable.Add(uid))
                {
                    DraLog.NotAskable(context.Logger, uid, e.Message);
                }
            }
            catch (Exception e) when (e is KubeException or KubeConfigurationException)
            {
                NoteNotCompared(e.Message);
                return false;
            }
        }

        return true;
    }

    // Once for each reason: the API server may be away for long.
    private void NoteNotCompared(string problem)
    {
        if (_compareProblem != problem)
        {
            DraLog.NotCompared(context.Logger, problem);
            _compareProblem = problem;
        }
    }

    // A claim of an earlier process, with its CDI file; null when there is nothing to ask about.
    private async Task<PreparedClaim?> ReadAsync(string uid, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_states.Read(uid, out _) is not { } claim)
            {
                return null;
            }

            if (!_cdi.Exists(uid))
            {
                Rewrite(claim);
            }

            return _answered.Contains(uid) ? null : claim;
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>What a claim of an earlier process holds; where nobody knows how much, it counts as all there could be.</summary>
    private IReadOnlyList<EpcUse> Recover(string uid)
    {
        var claim = _states.Read(uid, out var problem);
        if (claim is null)
        {
            _damaged[uid] = problem ?? "it is gone";
            DraLog.DamagedState(context.Logger, _states.PathOf(uid), _damaged[uid]);
            return Unknown(uid);
        }

        if (problem is not null)
        {
            DraLog.RestoredState(context.Logger, _states.PathOf(uid), problem);
            try
            {
                _states.Write(claim);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                DraLog.NoFiles(context.Logger, _states.PathOf(uid), e.Message);     // the copy has it, and the next start tries again
            }
        }

        Rewrite(claim);
        return claim.Uses;
    }

    private static IReadOnlyList<EpcUse> Unknown(string uid) => [new EpcUse($"{uid}/", long.MaxValue, null)];

    private async Task ReleaseAsync(string uid, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_answered.Contains(uid))
            {
                Release(uid);
            }
        }
        finally
        {
            _lock.Release();
        }
    }

    // The CDI directory is gone after a restart of the machine, the state is not.
    private void Rewrite(PreparedClaim claim)
    {
        try
        {
            WriteCdi(claim, isKnown: true);
            _withoutCdi.TryRemove(claim.Uid, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ClaimRefusedException)
        {
            if (_withoutCdi.GetValueOrDefault(claim.Uid) != e.Message)
            {
                DraLog.NoFiles(context.Logger, _cdi.PathOf(claim.Uid), e.Message);
                _withoutCdi[claim.Uid] = e.Message;
            }
        }
    }

    private string? AesmOf(string uid) => context.Plugin.AesmAllocations is { } root ? Path.Combine(root, AesmPrefix + uid) : null;

    private string? MakeAesm(PreparedClaim claim)
    {
        var directory = claim.Devices.Any(device => device.BringsSockets) ? AesmOf(claim.Uid) : null;
        if (directory is not null && !OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory, ForAllToEnter);
        }

        return directory;
    }

    private void RemoveAesm(string uid)
    {
        if (AesmOf(uid) is { } directory && Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private void SweepAesm(IReadOnlyList<string> uids)
    {
        if (context.Plugin.AesmAllocations is not { } root || !Directory.Exists(root))
        {
            return;
        }

        foreach (var uid in Directory.EnumerateDirectories(root, AesmPrefix + "*")
            .Select(path => Path.GetFileName(path)[AesmPrefix.Length..]).Where(DraNames.IsUid)
            .Except(uids, StringComparer.Ordinal).ToList())
        {
            RemoveAesm(uid);
        }
    }
}
