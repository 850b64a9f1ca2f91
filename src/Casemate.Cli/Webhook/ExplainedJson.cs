using System.Text.Json;

namespace Casemate.Cli.Webhook;

/// <summary>Writes a judgement as JSON.</summary>
internal static class ExplainedJson
{
    /// <summary>Writes the members.</summary>
    public static void Write(Utf8JsonWriter json, ExplainedPod pod)
    {
        var decision = pod.Decision;
        json.WriteBoolean("usesSgx", decision.UsesSgx);
        json.WriteBoolean("refused", decision.IsDenied);
        json.WriteNumber("epcBytes", decision.EpcBytes);
        json.WriteString("resource", decision.Family?.Name);
        json.WriteString("resourceReason", decision.FamilyReason);
        json.WriteStartArray("findings");
        foreach (var finding in decision.Findings)
        {
            json.WriteStartObject();
            json.WriteString("id", finding.Id.ToString());
            json.WriteBoolean("refuses", finding.Denies);
            json.WriteString("path", finding.Path);
            json.WriteString("place", pod.Locate(finding.Path));
            json.WriteString("message", finding.Message);
            json.WriteString("remedy", finding.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("patch");
        foreach (var operation in decision.Patch)
        {
            json.WriteStartObject();
            json.WriteString("op", operation.Verb is Casemate.Admission.PatchVerb.Remove ? "remove" : "add");
            json.WriteString("path", operation.Path);
            if (operation.Value is { } value)
            {
                json.WritePropertyName("value");
                json.WriteRawValue(value);
            }

            json.WriteString("change", operation.Change.ToString());
            json.WriteString("reason", operation.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("claimTemplates");
        foreach (var template in decision.ClaimTemplates)
        {
            template.ToObject().WriteTo(json);
        }

        json.WriteEndArray();
    }
}
