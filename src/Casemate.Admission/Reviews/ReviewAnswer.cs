using System.Buffers;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Buffers;

namespace Casemate.Admission;

/// <summary>Writes answers of <c>admission.k8s.io/v1</c>.</summary>
internal static class ReviewAnswer
{
    /// <summary>What the API server passes on of one warning, in bytes.</summary>
    public const int WarningLimit = 256;

    /// <summary>What it passes on of all of them.</summary>
    public const int WarningsLimit = 4096;

    private const int UsualPatch = 4 * 1024;

    /// <summary>Allows, and says nothing else.</summary>
    public static void WriteUntouched(ReadOnlySpan<byte> uid, IBufferWriter<byte> destination)
    {
        destination.Write("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":" """u8[..^1]);
        destination.Write(uid);
        destination.Write("\",\"allowed\":true}}"u8);
    }

    /// <summary>Answers with a decision.</summary>
    /// <param name="uid">The request's.</param>
    /// <param name="endpoint">What was asked.</param>
    /// <param name="decision">The decision.</param>
    /// <param name="auditOnly">Nothing is changed or refused: the decision stands in audit annotations alone.</param>
    /// <param name="destination">Gets the answer.</param>
    public static void Write(
        string uid, ReviewEndpoint endpoint, AdmissionDecision decision, bool auditOnly, IBufferWriter<byte> destination)
    {
        using var json = new Utf8JsonWriter(destination);
        json.WriteStartObject();
        json.WriteString("apiVersion"u8, "admission.k8s.io/v1"u8);
        json.WriteString("kind"u8, "AdmissionReview"u8);
        json.WriteStartObject("response"u8);
        json.WriteString("uid"u8, uid);
        var refuses = decision.IsDenied && !auditOnly;
        json.WriteBoolean("allowed"u8, !refuses);
        if (refuses)
        {
            json.WriteStartObject("status"u8);
            json.WriteNumber("code"u8, 403);
            json.WriteString("reason"u8, "Forbidden"u8);
            json.WriteString("message"u8, decision.Denial);
            json.WriteEndObject();
        }
        else if (endpoint is ReviewEndpoint.Mutate && !decision.Patch.IsEmpty && !auditOnly)
        {
            using var patch = new PooledBuffer(UsualPatch);
            PatchDocument.Write(decision.Patch, patch);
            json.WriteString("patchType"u8, "JSONPatch"u8);
            json.WriteBase64String("patch"u8, patch.WrittenSpan);
        }

        // Of the second question the author has heard everything already.
        if (endpoint is ReviewEndpoint.Mutate && !auditOnly)
        {
            WriteWarnings(json, decision);
        }

        WriteAudit(json, decision, auditOnly);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteWarnings(Utf8JsonWriter json, AdmissionDecision decision)
    {
        var left = WarningsLimit;
        var started = false;
        foreach (var finding in decision.Findings.Where(finding => !finding.Denies))
        {
            var text = Cut($"{finding.Id}: {finding.Path}: {finding.Message} {finding.Remedy}".TrimEnd(), WarningLimit);
            left -= Encoding.UTF8.GetByteCount(text);
            if (left < 0)
            {
                break;
            }

            if (!started)
            {
                started = true;
                json.WriteStartArray("warnings"u8);
            }

            json.WriteStringValue(text);
        }

        if (started)
        {
            json.WriteEndArray();
        }
    }

    private static void WriteAudit(Utf8JsonWriter json, AdmissionDecision decision, bool auditOnly)
    {
        if (decision.Patch.IsEmpty && decision.Findings.IsEmpty)
        {
            return;
        }

        json.WriteStartObject("auditAnnotations"u8);
        if (!decision.Patch.IsEmpty)
        {
            json.WriteString(
                auditOnly ? "would-change"u8 : "changes"u8,
                string.Join(",", decision.Patch.Select(operation => operation.Change).Distinct()));
        }

        if (!decision.Findings.IsEmpty)
        {
            json.WriteString("findings"u8, string.Join(",", decision.Findings.Select(finding => finding.Id).Distinct()));
        }

        if (auditOnly && decision.IsDenied)
        {
            json.WriteString("would-refuse"u8, Cut(decision.Denial!, WarningsLimit));
        }

        json.WriteEndObject();
    }

    private static string Cut(string text, int bytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= bytes)
        {
            return text;
        }

        const string more = "...";
        var length = 0;
        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (length + rune.Utf8SequenceLength > bytes - more.Length)
            {
                break;
            }

            length += rune.Utf8SequenceLength;
            end += rune.Utf16SequenceLength;
        }

        return text[..end] + more;
    }
}
