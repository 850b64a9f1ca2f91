using System.Globalization;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Tdx;

namespace Casemate.Broker;

/// <summary>The keys of <c>tdx.eventLog</c>.</summary>
internal static class EventLogPolicyKeys
{
    private static readonly EventLogPolicy DefaultEventLog = new();
    private static readonly EventRule NoRule = new(-1, []);

    public static PolicySection<EventLogPolicy> Section { get; } = new(DefaultEventLog,
    [
        PolicyKeys.Make(
            "rtmrs", "list of 0 to 3", "RTMRs that the log must explain. The section alone, even as {}, makes a log necessary.",
            (n, p) => p with { Rtmrs = [.. n.AsList().Select(i => (int)i.AsNumber(CcEventLog.RtmrCount - 1))] },
            p => PolicyText.Of(p.Rtmrs.Select(r => r.ToString(CultureInfo.InvariantCulture))), DefaultEventLog),
        PolicyKeys.Make(
            "events", "list of { rtmr: 0 to 3, digests: list of 48 bytes in hex }",
            "Events that may stand in a register: each has one of the digests, and there is one at least.",
            (n, p) => p with { Events = [.. n.AsList().Select(ReadRule)] },
            p => PolicyText.Of(p.Events.Select(Write)), DefaultEventLog),
        PolicyKeys.Flag(
            "rejectContradictedData", "Refuses logs with an event whose data are not what was measured.",
            p => p.RejectContradictedData, (p, v) => p with { RejectContradictedData = v }, DefaultEventLog),
    ]);

    private static string Write(EventRule rule)
    {
        var digests = string.Join(", ", rule.Digests.Select(Convert.ToHexStringLower));
        return $"{{ rtmr: {rule.Rtmr.ToString(CultureInfo.InvariantCulture)}, digests: [{digests}] }}";
    }

    private static EventRule ReadRule(PolicyNode node)
    {
        var rule = new PolicySection<EventRule>(NoRule,
        [
            PolicyKeys.Make<EventRule>(
                "rtmr", "", "", (n, r) => r with { Rtmr = (int)n.AsNumber(CcEventLog.RtmrCount - 1) }, _ => PolicyText.Of(""), NoRule),
            PolicyKeys.Make<EventRule>(
                "digests", "", "", (n, r) => r with { Digests = [.. n.AsList().Select(i => i.AsHex(48))] }, _ => PolicyText.Of(""), NoRule),
        ]).Read(node);
        return rule.Rtmr >= 0 && !rule.Digests.IsEmpty ? rule : throw node.Error("rtmr and at least one digest are both needed");
    }
}
