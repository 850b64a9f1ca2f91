using Casemate.Collateral;
using Casemate.Collateral.Store;
using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>Asks all questions at the same time, each with its own limit: what hangs holds up nothing but its own answer.</summary>
/// <param name="limit">How long one question may take.</param>
/// <param name="time">The clock.</param>
internal sealed class DoctorRun(TimeSpan limit, TimeProvider time)
{
    private const int MostOfOneKind = 20;

    /// <summary>Asks.</summary>
    /// <param name="checks">The questions.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The findings, in the order of the questions.</returns>
    public async Task<IReadOnlyList<DoctorFinding>> AskAsync(IEnumerable<DoctorCheck> checks, CancellationToken cancellationToken) =>
        [.. (await Task.WhenAll(checks.Select(check => AskAsync(check, cancellationToken)))).SelectMany(findings => findings)];

    private async Task<IReadOnlyList<DoctorFinding>> AskAsync(DoctorCheck check, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // Opening a file may block for ever: the thread that does is left behind.
            var looking = Task.Run(() => check.Look(over.Token), CancellationToken.None);
            return Bounded(await looking.WaitAsync(limit, time, cancellationToken));
        }
        catch (TimeoutException)
        {
            await over.CancelAsync();
            return [Unanswered(check, $"it took longer than {limit.TotalSeconds:0.###} s", "Look again with a longer --timeout.")];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [Unanswered(check, $"it took longer than {limit.TotalSeconds:0.###} s", "Look again with a longer --timeout.")];
        }
        catch (KubeException exception) when (exception.StatusCode is 401 or 403)
        {
            return [Unanswered(check, exception.Message, "Ask for that right, or run as somebody who has it.") with { IsDenied = true }];
        }
        catch (KubeException exception)
        {
            return [Unanswered(check, exception.Message, "Look whether the API server answers: kubectl get --raw /readyz")];
        }
        catch (UnauthorizedAccessException exception)
        {
            return [Unanswered(check, exception.Message, "Run it again as root.") with { IsDenied = true }];
        }
        catch (Exception exception) when (exception is IOException or CollateralStoreException or MalformedInputException or CliException
            or KubeConfigurationException)
        {
            return [Unanswered(check, exception.Message, null)];
        }
    }

    private static DoctorFinding Unanswered(DoctorCheck check, string why, string? fix) => DoctorFinding.NotChecked(check.Id, why, fix);

    // A cluster can have the same mistake ten thousand times; twenty tell as much.
    private static List<DoctorFinding> Bounded(IReadOnlyList<DoctorFinding> findings)
    {
        var kept = new List<DoctorFinding>();
        foreach (var kind in findings.GroupBy(finding => (finding.Id, finding.Outcome)))
        {
            kept.AddRange(kind.Take(MostOfOneKind));
            if (kind.Count() > MostOfOneKind)
            {
                kept.Add(new DoctorFinding(
                    kind.Key.Id, kind.Key.Outcome, "", $"{kind.Count() - MostOfOneKind} more of this kind", kind.First().Fix));
            }
        }

        return kept;
    }
}
