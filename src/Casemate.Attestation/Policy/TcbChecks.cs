using Casemate.Attestation.Dcap;

namespace Casemate.Attestation.Policy;

/// <summary>Judges TCB status, advisories and evaluation numbers of an Intel platform by policy.</summary>
internal static class TcbChecks
{
    public static void Judge(CheckList checks, EvidencePolicy policy, TcbEvaluation tcb, DateTimeOffset now)
    {
        var (expected, actual) = (policy.AcceptedTcbStatusesText, tcb.Summary);
        if (tcb.Status is TcbStatus.Revoked or TcbStatus.NotSupported)
        {
            checks.Judge(CheckId.TcbStatus, false, expected, actual);
        }
        else if (policy.AcceptedTcbStatuses.Contains(tcb.Status))
        {
            checks.Judge(CheckId.TcbStatus, true, expected, actual);
        }
        else if (tcb.Status is TcbStatus.OutOfDate && tcb.TcbDate is { } tcbDate && Excused(policy, tcbDate, now, out var excuse))
        {
            checks.Warn(CheckId.TcbStatus, excuse, actual);
        }
        else
        {
            checks.Judge(CheckId.TcbStatus, false, expected, actual);
        }

        Advisories(checks, policy, tcb);
    }

    public static void EvaluationNumbers(CheckList checks, EvidencePolicy policy, TcbInfo tcbInfo, EnclaveIdentity qeIdentity)
    {
        var (tcb, qe) = (tcbInfo.EvaluationDataNumber, qeIdentity.EvaluationDataNumber);
        var actual = tcb == qe ? tcbInfo.EvaluationDataNumberText : $"TCB info {tcb}, QE identity {qe}";
        if (policy.MinimumTcbEvaluationDataNumber is { } minimum && Math.Min(tcb, qe) < minimum)
        {
            checks.Judge(CheckId.EvaluationNumber, false, $"at least {minimum}", actual);
        }
        else if (tcb == qe || policy.RejectMixedEvaluationNumbers)
        {
            checks.Judge(CheckId.EvaluationNumber, tcb == qe, "the same in both documents", actual);
        }
        else
        {
            checks.Warn(CheckId.EvaluationNumber, "the same in both documents; a mixture is tolerated by the policy", actual);
        }
    }

    // Neither excuse ever lifts Revoked or NotSupported, and none extends to statuses that also ask for configuration.
    private static bool Excused(EvidencePolicy policy, DateTimeOffset tcbDate, DateTimeOffset now, out string excuse)
    {
        if (policy.TcbDateFloor is { } floor && tcbDate >= floor)
        {
            excuse = $"OutOfDate tolerated by the policy from TCB date {CommonChecks.Time(floor)} on";
            return true;
        }

        excuse = "";
        if (policy.PlatformGrace > TimeSpan.Zero && now - tcbDate <= policy.PlatformGrace)
        {
            excuse = $"OutOfDate tolerated by the policy for {policy.PlatformGrace.TotalDays:0.##} days after the TCB date";
            return true;
        }

        return false;
    }

    private static void Advisories(CheckList checks, EvidencePolicy policy, TcbEvaluation tcb)
    {
        if (policy.DeniedAdvisories.IsEmpty && policy.AllowedAdvisories is null)
        {
            return;
        }

        var refused = tcb.AdvisoryIds.Where(id =>
            policy.DeniedAdvisories.Contains(id, StringComparer.OrdinalIgnoreCase)
            || policy.AllowedAdvisories is { } allowed && !allowed.Contains(id, StringComparer.OrdinalIgnoreCase)).ToArray();
        checks.Judge(
            CheckId.Advisories, refused.Length == 0, "no advisory that the policy refuses",
            refused.Length == 0 ? "none" : string.Join(", ", refused));
    }
}
