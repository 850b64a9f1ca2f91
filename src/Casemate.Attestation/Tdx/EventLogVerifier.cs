using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Tdx;

/// <summary>Holds a TD's event log against its verified quote and the policy. Pure: the same inputs give the same verdict.</summary>
public static class EventLogVerifier
{
    private const string FormatRule = "a crypto-agile event log with SHA-384 digests";

    /// <summary>Verifies a TD's quote and its event log.</summary>
    /// <param name="quote">The quote, see <see cref="QuoteVerifier"/>.</param>
    /// <param name="eventLog">The log (CCEL), at most <see cref="CcEventLog.MaxSize"/> bytes.</param>
    /// <param name="collateral">Collateral for the quote's platform.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="policy">
    /// What the relying party wants. Without <see cref="TdxPolicy.EventLog"/> the log is judged by the defaults of
    /// <see cref="EventLogPolicy"/>.
    /// </param>
    /// <param name="cache">Shared results of time-independent work; null: everything is computed anew, with the same verdict.</param>
    /// <returns>
    /// The verdict on the quote with further checks, and with <see cref="Verdict.EventLog"/> where the quote is genuine. Hostile input is
    /// answered by a rejecting verdict, never by an exception.
    /// </returns>
    public static Verdict Verify(
        ReadOnlySpan<byte> quote, ReadOnlySpan<byte> eventLog, DcapCollateral collateral, TrustRoots roots, DateTimeOffset now,
        EvidencePolicy policy, VerificationCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var ofQuote = policy with { Tdx = policy.Tdx with { EventLog = null } };
        var verdict = QuoteVerifier.Verify(quote, collateral, roots, now, ofQuote, cache);
        return Judge(verdict, eventLog, policy.Tdx.EventLog ?? new EventLogPolicy());
    }

    private static Verdict Judge(Verdict quote, ReadOnlySpan<byte> eventLog, EventLogPolicy policy)
    {
        var checks = new CheckList();
        EventLogReplay? replay = null;
        if (!CcEventLog.TryRead(eventLog, out var log, out var error))
        {
            checks.Judge(CheckId.EventLogFormat, false, FormatRule, error);
        }
        else
        {
            checks.Judge(CheckId.EventLogFormat, true, FormatRule, $"{log.Events.Length} events");
            if (quote.Claims is TdxClaims claims)
            {
                replay = log.Compare(claims.Rtmrs);
                Replay(checks, replay, policy);
            }
            else
            {
                checks.Judge(
                    CheckId.EventLogReplay, false, "the RTMRs of a genuine TDX quote",
                    "there is no genuine TDX quote to hold the log against");
            }

            Data(checks, log, policy);
            Events(checks, log, policy);
        }

        return quote with { Checks = [.. quote.Checks, .. checks.Drain()], EventLog = replay };
    }

    private static void Replay(CheckList checks, EventLogReplay replay, EventLogPolicy policy)
    {
        foreach (var rtmr in replay.Rtmrs)
        {
            var expected = $"RTMR{rtmr.Index} {CommonChecks.Hex(rtmr.Reported)}";
            if (policy.Rtmrs.Contains(rtmr.Index) || policy.Events.Any(r => r.Rtmr == rtmr.Index))
            {
                checks.Judge(
                    CheckId.EventLogReplay, rtmr.Matches, expected,
                    rtmr.Matches ? expected : $"RTMR{rtmr.Index} {CommonChecks.Hex(rtmr.Replayed)} from {rtmr.Events} events");
            }
            else if (!rtmr.Matches)
            {
                checks.Warn(
                    CheckId.EventLogReplay, $"{expected}; the policy does not ask the log to explain it",
                    $"RTMR{rtmr.Index} {CommonChecks.Hex(rtmr.Replayed)} from {rtmr.Events} events");
            }
        }
    }

    private static void Data(CheckList checks, CcEventLog log, EventLogPolicy policy)
    {
        const string rule = "every event's data are what its digest covers, where they should be";
        var contradicted = log.Events.Where(e => e.DataBinding is EventDataBinding.Contradicted).Select(e => e.Number).ToArray();
        if (contradicted.Length == 0)
        {
            checks.Judge(CheckId.EventLogData, true, rule, rule);
            return;
        }

        var found = $"the data of {contradicted.Length} events are not, the first is event {contradicted[0]}: do not believe their texts";
        if (policy.RejectContradictedData)
        {
            checks.Judge(CheckId.EventLogData, false, rule, found);
        }
        else
        {
            checks.Warn(CheckId.EventLogData, $"{rule}; tolerated by the policy, which looks at digests", found);
        }
    }

    private static void Events(CheckList checks, CcEventLog log, EventLogPolicy policy)
    {
        foreach (var rule in policy.Events)
        {
            var digests = log.Events.Where(e => e.Rtmr == rule.Rtmr && !CcEventDigest.IsFixedRemark(e)).ToArray();
            var stranger = Array.Find(digests, e => !CommonChecks.Contains(rule.Digests, e.Digest.Span));
            var holds = digests.Length > 0 && stranger is null;
            var named = $"RTMR{rule.Rtmr}: events with digests of the policy";
            checks.Judge(
                CheckId.EventLogEvents, holds, holds ? named : $"RTMR{rule.Rtmr}: {CommonChecks.Join(rule.Digests)}",
                holds ? named
                    : stranger is null ? $"RTMR{rule.Rtmr}: no event but the firmware's fixed remarks"
                    : $"RTMR{rule.Rtmr}: event {stranger.Number} has {CommonChecks.Hex(stranger.Digest.Span)}");
        }
    }
}
