using System.Globalization;
using System.Text.Json;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Tdx;

namespace Casemate.Broker;

/// <summary>What a virtual TPM and an event log say beside the hardware.</summary>
internal static partial class EvidenceClaimsJson
{
    private const int InitDataPcr = 8;

    // A token travels in a header. A log that would not fit is left out whole: half of one would answer "is there an event" wrongly.
    private const int MaxEventLogSize = 24 * 1024;
    private const int MaxEventTextLength = 160;

    // What the evidence binds: under a vTPM its quote's nonce and PCR 8, since the hardware's own fields bind the vTPM's key.
    private static void WriteBound(Utf8JsonWriter writer, VtpmClaims? vtpm, byte[] reportData, byte[] initData)
    {
        if (vtpm is null)
        {
            WriteHex(writer, "report_data"u8, reportData);
            WriteHex(writer, "init_data"u8, initData);
            return;
        }

        WriteHex(writer, "report_data"u8, vtpm.Nonce);
        if (vtpm.Pcrs.TryGetValue(InitDataPcr, out var pcr))
        {
            WriteHex(writer, "init_data"u8, pcr);
        }

        writer.WriteStartObject("tpm"u8);
        foreach (var (number, value) in vtpm.Pcrs)
        {
            writer.WriteString($"pcr{number.ToString("00", CultureInfo.InvariantCulture)}", Convert.ToHexStringLower(value));
        }

        writer.WriteEndObject();
    }

    // Only events of registers that the log explains: the others are anybody's words.
    private static void WriteEventLog(Utf8JsonWriter writer, EventLogReplay? replay)
    {
        if (replay is null)
        {
            return;
        }

        var matched = replay.Matched.ToHashSet();
        using var buffer = new MemoryStream();
        using (var events = new Utf8JsonWriter(buffer))
        {
            events.WriteStartArray();
            foreach (var entry in replay.Events)
            {
                if (entry.Rtmr is { } rtmr && matched.Contains(rtmr))
                {
                    WriteEvent(events, entry);
                }
            }

            events.WriteEndArray();
        }

        if (buffer.Length <= MaxEventLogSize)
        {
            writer.WritePropertyName("uefi_event_logs"u8);
            writer.WriteRawValue(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), skipInputValidation: true);
        }
    }

    // The type is not measured and the text only where the digest vouches for it; a policy asks for digests.
    private static void WriteEvent(Utf8JsonWriter events, CcEvent entry)
    {
        events.WriteStartObject();
        events.WriteNumber("index"u8, entry.Register);
        events.WriteNumber("type"u8, entry.Type);
        events.WriteString("type_name"u8, entry.TypeName);
        events.WriteStartArray("digests"u8);
        events.WriteStartObject();
        events.WriteString("alg"u8, "SHA-384"u8);
        WriteHex(events, "digest"u8, entry.Digest.Span);
        events.WriteEndObject();
        events.WriteEndArray();
        if (entry.DataBinding is EventDataBinding.Verified)
        {
            var text = entry.Text;
            events.WriteStartObject("details"u8);
            events.WriteString("string"u8, text.Length <= MaxEventTextLength ? text : text[..MaxEventTextLength]);
            events.WriteEndObject();
        }

        events.WriteEndObject();
    }
}
