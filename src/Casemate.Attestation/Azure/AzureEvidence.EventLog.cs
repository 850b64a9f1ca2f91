using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Attestation.Tdx;

namespace Casemate.Attestation.Azure;

public sealed partial record AzureEvidence
{
    // Standard base64, as in evidence of other TDs; guests without a log write null or nothing between the quotes.
    private static bool TryAddEventLog(
        JsonElement json, [NotNullWhen(true)] ref AzureEvidence? evidence, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (!json.TryGetProperty("cc_eventlog", out var member) || member.ValueKind is JsonValueKind.Null
            || (member.ValueKind is JsonValueKind.String && member.ValueEquals(""u8)))
        {
            return evidence is not null;
        }

        if (member.ValueKind is not JsonValueKind.String || !member.TryGetBytesFromBase64(out var log) || log.Length > CcEventLog.MaxSize)
        {
            evidence = null;
            error = $"'cc_eventlog' is not base64 of at most {CcEventLog.MaxSize} bytes";
            return false;
        }

        evidence = evidence! with { EventLog = log };
        return true;
    }
}
