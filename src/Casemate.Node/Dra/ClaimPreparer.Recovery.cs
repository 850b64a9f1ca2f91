using Casemate.Kubernetes;
using Casemate.Node.Ledger;

namespace Casemate.Node.Dra;

/// <content>What an earlier process left: taken over, completed, or swept away.</content>
internal sealed partial class ClaimPreparer
{
    private const string AesmPrefix = "claim-";

    private const UnixFileMode ForAllToEnter =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Takes over the claims that are ready, and removes files of those that never were. Before the first call.</summary>
    /// <exception cref="IOException">The state cannot be read, so nothing may be given.</exception>
    /// <exception cref="UnauthorizedAccessException">The state cannot be read, so nothing may be given.</exception>
    public void Recover()
    {
        _states.Open();
        _cdi.RemoveLeftovers();
        var uids = _states.Uids();
        var uses = new Dictionary<string, IReadOnlyList<EpcUse>>(StringComparer.Ordinal);
        foreach (var uid in uids)
        {
            if (_states.Read(uid, out var problem) is { } claim)
            {
                uses[uid] = claim.Uses;
                Rewrite(claim);
            }
            else
            {
                DraLog.DamagedState(context.Logger, _states.PathOf(uid), problem ?? "it is gone");
            }
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

    /// <summary>Releases claims that the API server does not know any more, or that hold nothing here by now.</summary>
    /// <returns>False when it could not be asked about each; to be repeated.</returns>
    public async Task<bool> CompareAsync(CancellationToken cancellationToken)
    {
        foreach (var uid in _states.Uids())
        {
            if (_states.Read(uid, out _) is not { } claim)
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
            catch (ArgumentException e)
            {
                DraLog.DamagedState(context.Logger, _states.PathOf(uid), e.Message);     // its name is none: the kubelet releases it
            }
            catch (Exception e) when (e is KubeException or KubeConfigurationException or IOException or UnauthorizedAccessException)
            {
                DraLog.NotCompared(context.Logger, e.Message);
                return false;
            }
        }

        return true;
    }

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
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ClaimRefusedException)
        {
            DraLog.NoFiles(context.Logger, _cdi.PathOf(claim.Uid), e.Message);
        }
    }

    private string? AesmOf(string uid) => context.Plugin.AesmAllocations is { } root ? Path.Combine(root, AesmPrefix + uid) : null;

    private string? MakeAesm(PreparedClaim claim)
    {
        var directory = claim.Devices.Any(device => device.Kind is DraDeviceKind.Epc or DraDeviceKind.Enclave) ? AesmOf(claim.Uid) : null;
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
