using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Attestation;

namespace Casemate.Broker;

/// <summary>The line of the audit log for a decision. Member names and order are described in <c>docs/broker.md</c>.</summary>
internal static class AuditRecord
{
    private const int MaxTextLength = 512;

    // Lines are read by people and by tools for text: quotes and angle brackets stay as they are. Nothing is put into HTML here.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The record of a decision, without line end.</summary>
    public static byte[] Write(Decision decision, long sequence, string previousHash) =>
        Write(sequence, previousHash, decision.Time, writer =>
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
    });

    /// <summary>The record that a torn last line was cut off when the log was opened.</summary>
    public static byte[] WriteRecovery(long sequence, string previousHash, DateTimeOffset time, long lostBytes) =>
        Write(sequence, previousHash, time, writer =>
        {
            writer.WriteString("event"u8, "recovered"u8);
            writer.WriteNumber("lostBytes"u8, lostBytes);
        });

    private static byte[] Write(long sequence, string previousHash, DateTimeOffset time, Action<Utf8JsonWriter> writeRest)
    {
        var output = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(output, Options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("v"u8, 1);
            writer.WriteNumber("seq"u8, sequence);
            writer.WriteString("prev"u8, previousHash);
            writer.WriteString("time"u8, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writeRest(writer);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
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
