namespace Casemate.KataPolicy;

/// <summary>
/// Tries on a policy what a hostile host would: every change of one field of every honest request, and attacks in several steps. Each must
/// be
/// denied, unless the field is free by design.
/// </summary>
public static class AttackLibrary
{
    /// <summary>Tries everything.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="data">Its data, from which honest requests follow.</param>
    /// <param name="cancellationToken">Ends the trying.</param>
    /// <exception cref="OperationCanceledException">The trying was ended.</exception>
    public static AttackReport Try(AgentPolicy policy, PolicyData data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(data);
        var run = new AttackRun(policy, data);
        foreach (var request in HonestRequests.Json(data))
        {
            var whole = request.Whole();
            foreach (var (path, change, before, changed) in RequestChanges.Of(whole))
            {
                cancellationToken.ThrowIfCancellationRequested();
                run.TryChange(whole, path, change, before, changed);
            }

            foreach (var (attack, requests) in SteppedAttacks.Before(data, whole))
            {
                cancellationToken.ThrowIfCancellationRequested();
                run.TrySteps(attack, whole, requests);
            }

            run.Advance(whole);
        }

        return run.Report;
    }
}
