using System.Text.Json;
using Casemate.Attestation;

namespace Casemate.Broker;

/// <summary>What the line of the audit log says of a decision. Member names and order are described in <c>docs/broker.md</c>.</summary>
internal static class AuditRecord
{
    private const int MaxTextLength = 512;

    /// <summary>Writes the members of a decision's record.</summary>
    public static void Write(Utf8JsonWriter writer, Decision decision)
    {
        writer.WriteString("event"u8, NameOf(decision.Kind));
        writer.WriteString("outcome"u8, NameOf(decision.Outcome));
        WriteOptional(writer, "tee"u8, decision.Tee);
        if (decision.Tee is not null)
        {
            writer.WriteBoolean("simulated"u8, decision.Simulated);
        }

        WriteOptional(writer, "session"u8, decision.SessionHash);
        WriteOptional(writer, "evidence"u8, decision.EvidenceHash);
        if (!decision.Measurements.IsDefaultOrEmpty)
        {
            writer.WriteStartObject("measurements"u8);
            foreach (var measurement in decision.Measurements)
            {
                writer.WriteString(measurement.Name, measurement.Value);
            }

            writer.WriteEndObject();
        }

        writer.WriteStartObject("policy"u8);
        writer.WriteString("name"u8, decision.PolicyName);
        writer.WriteString("hash"u8, decision.PolicyHash);
        writer.WriteEndObject();
        if (decision.Verdict is { } verdict)
        {
            WriteVerdict(writer, verdict);
        }

        WriteOptional(writer, "resource"u8, decision.Resource?.Hash());
        WriteOptional(writer, "token"u8, decision.TokenId);
        if (decision.Error is { } error)
        {
            writer.WriteStartObject("error"u8);
            writer.WriteString("code"u8, error.Code.ToString());
            writer.WriteString("detail"u8, Shortened(error.Detail));
            writer.WriteEndObject();
        }
    }

    private static void WriteVerdict(Utf8JsonWriter writer, Verdict verdict)
    {
        writer.WriteStartObject("verdict"u8);
        writer.WriteBoolean("accepted"u8, verdict.Accepted);
        writer.WriteString("format"u8, verdict.Format);
        WriteOptional(writer, "tcbStatus"u8, verdict.TcbStatus?.ToString());
        if (!verdict.AdvisoryIds.IsDefaultOrEmpty)
        {
            writer.WriteStartArray("advisoryIds"u8);
            foreach (var id in verdict.AdvisoryIds)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
        }

        if (verdict.EventLog is { } log)
        {
            writer.WriteStartObject("eventLog"u8);
            writer.WriteNumber("events"u8, log.Events.Length);
            writer.WriteStartArray("matched"u8);
            foreach (var rtmr in log.Matched)
            {
                writer.WriteNumberValue(rtmr);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        // Passed checks by name; the others with both sides, which is what a reader asks for.
        foreach (var outcome in (ReadOnlySpan<CheckOutcome>)[CheckOutcome.Passed, CheckOutcome.NotAsked])
        {
            writer.WriteStartArray(outcome is CheckOutcome.Passed ? "passed"u8 : "notAsked"u8);
            foreach (var check in verdict.Checks)
            {
                if (check.Outcome == outcome)
                {
                    writer.WriteStringValue(check.Id.ToString());
                }
            }

            writer.WriteEndArray();
        }

        foreach (var outcome in (ReadOnlySpan<CheckOutcome>)[CheckOutcome.Warned, CheckOutcome.Failed])
        {
            writer.WriteStartArray(outcome is CheckOutcome.Warned ? "warned"u8 : "failed"u8);
            foreach (var check in verdict.Checks)
            {
                if (check.Outcome == outcome)
                {
                    WriteCheck(writer, check);
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteCheck(Utf8JsonWriter writer, Check check)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, check.Id.ToString());

        // These two compare identifiers of one machine; a record that lives for years must not tie workloads to it.
        if (check.Id is not (CheckId.ChipId or CheckId.CertificationData))
        {
            writer.WriteString("expected"u8, Shortened(check.Expected));
            writer.WriteString("actual"u8, Shortened(check.Actual));
        }

        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static string NameOf(DecisionKind kind) => kind switch
    {
        DecisionKind.Attestation => "attestation",
        DecisionKind.ResourceRead => "resource-read",
        DecisionKind.ResourceWrite => "resource-write",
        DecisionKind.ResourceDelete => "resource-delete",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of decision."),
    };

    private static string NameOf(DecisionOutcome outcome) => outcome switch
    {
        DecisionOutcome.Refused => "refused",
        DecisionOutcome.Allowed => "allowed",
        DecisionOutcome.Undecided => "undecided",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome."),
    };

    private static string Shortened(string text) =>
        text.Length <= MaxTextLength ? text : string.Concat(text.AsSpan(0, MaxTextLength), "...");
}
