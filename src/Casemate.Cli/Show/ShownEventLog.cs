using Casemate.Attestation.Dcap;
using Casemate.Attestation.Tdx;
using Casemate.Collateral;

namespace Casemate.Cli.Show;

/// <summary>The event log of a TD held against the registers that its quote names; neither is verified.</summary>
internal static class ShownEventLog
{
    /// <summary>Adds a log to shown evidence; one that cannot be read becomes its problem.</summary>
    public static ShownEvidence AddTo(ShownEvidence shown, EvidenceFile evidence)
    {
        if (evidence.EventLog.IsEmpty)
        {
            return shown;
        }

        shown = shown with { EventLogSize = evidence.EventLog.Length };
        if (!CcEventLog.TryRead(evidence.EventLog.Span, out var log, out var error))
        {
            return shown with { Problem = shown.Problem.Length > 0 ? shown.Problem : $"event log: {error}" };
        }

        return Quote.TryRead(evidence.Evidence.Span, out var quote, out _) is QuoteError.None
            && TdReportBody.TryRead(quote.Body, out var body)
            ? shown with { EventLog = log.Compare([.. Rtmrs(body)]) }
            : shown;
    }

    private static List<byte[]> Rtmrs(in TdReportBody body)
    {
        var rtmrs = new List<byte[]>();
        for (var register = 0; register < CcEventLog.RtmrCount; register++)
        {
            rtmrs.Add(body.Rtmr(register).ToArray());
        }

        return rtmrs;
    }
}
