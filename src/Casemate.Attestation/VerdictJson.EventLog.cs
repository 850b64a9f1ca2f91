using System.Text.Json;
using Casemate.Attestation.Tdx;

namespace Casemate.Attestation;

public static partial class VerdictJson
{
    /// <summary>
    /// Writes the member <c>eventLog</c> into an object that the caller has opened; nothing when there is no log. In a verdict the
    /// registers are those of a genuine quote.
    /// </summary>
    public static void WriteEventLog(Utf8JsonWriter json, EventLogReplay? replay)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (replay is null)
        {
            return;
        }

        json.WriteStartObject("eventLog");
        json.WriteStartArray("rtmrs");
        foreach (var rtmr in replay.Rtmrs)
        {
            json.WriteStartObject();
            json.WriteNumber("index", rtmr.Index);
            json.WriteBoolean("matches", rtmr.Matches);
            Hex(json, "replayed", rtmr.Replayed);
            Hex(json, "reported", rtmr.Reported);
            json.WriteNumber("events", rtmr.Events);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("events");
        foreach (var entry in replay.Events)
        {
            json.WriteStartObject();
            json.WriteNumber("number", entry.Number);
            if (entry.Rtmr is { } rtmr)
            {
                json.WriteNumber("rtmr", rtmr);
            }
            else
            {
                json.WriteNull("rtmr");
            }

            json.WriteString("type", entry.TypeName);
            json.WriteString("digest", Convert.ToHexStringLower(entry.Digest.Span));
            json.WriteString("data", NameOf(entry.DataBinding));
            json.WriteString("text", entry.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string NameOf(EventDataBinding binding) => binding switch
    {
        EventDataBinding.DescribedOnly => "describedOnly",
        EventDataBinding.Verified => "verified",
        EventDataBinding.Contradicted => "contradicted",
        _ => throw new ArgumentOutOfRangeException(nameof(binding), binding, "Not a binding."),
    };
}
