using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Casemate.Primitives;

namespace Casemate.Attestation;

/// <summary>
/// The JSON form of a verdict: one shape for command line, API and audit log, documented in <c>docs/verify.md</c>. The same verdict
/// always gives the same bytes: members in a fixed order, binary values as lower-case hex, instants in UTC to the second.
/// </summary>
public static partial class VerdictJson
{
    /// <summary>Writes a verdict as one JSON object.</summary>
    public static void Write(Utf8JsonWriter json, Verdict verdict, VerdictJsonOptions options)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        WriteMembers(json, verdict, options);
        json.WriteEndObject();
    }

    /// <summary>Writes the members alone, into an object that the caller has opened.</summary>
    public static void WriteMembers(Utf8JsonWriter json, Verdict verdict, VerdictJsonOptions options)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(verdict);
        ArgumentNullException.ThrowIfNull(options);

        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("verdict", verdict.Accepted ? "accepted" : "rejected");
        json.WriteBoolean("simulated", verdict.Simulated);
        json.WriteString("tee", NameOf(verdict.Tee));
        json.WriteString("format", verdict.Format);
        json.WriteString("policy", options.Policy);
        json.WriteString("at", Instant(options.At));
        json.WriteString("collateralExpires", Instant(verdict.CollateralExpires));
        json.WriteString("tcbStatus", verdict.TcbStatus?.ToString());
        json.WriteString("tcbDate", Instant(verdict.TcbDate));
        WriteStrings(json, "advisoryIds", verdict.AdvisoryIds);
        WriteTcb(json, "tcb", verdict.Tcb);
        WriteClaims(json, verdict.Claims, options.IncludeMachineIdentifiers);
        WriteVtpm(json, verdict.Vtpm, options.IncludeMachineIdentifiers);
        WriteEventLog(json, verdict.EventLog);
        WriteChecks(json, verdict.Checks);
    }

    /// <summary>The name of a TEE in JSON and on command lines: <c>sgx</c>, <c>tdx</c> or <c>snp</c>.</summary>
    public static string NameOf(Tee tee) => tee switch
    {
        Tee.Sgx => "sgx",
        Tee.Tdx => "tdx",
        Tee.Snp => "snp",
        _ => throw new ArgumentOutOfRangeException(nameof(tee), tee, "Not a TEE."),
    };

    /// <summary>The name of an outcome in JSON: <c>failed</c>, <c>passed</c>, <c>warned</c> or <c>notAsked</c>.</summary>
    public static string NameOf(CheckOutcome outcome) => outcome switch
    {
        CheckOutcome.Failed => "failed",
        CheckOutcome.Passed => "passed",
        CheckOutcome.Warned => "warned",
        CheckOutcome.NotAsked => "notAsked",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome."),
    };

    private static void WriteTcb(Utf8JsonWriter json, string name, TcbEvaluation? tcb)
    {
        if (tcb is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("status", tcb.Status.ToString());
        json.WriteString("platform", tcb.Platform.ToString());
        json.WriteString("qe", tcb.Qe.ToString());
        json.WriteString("tdxModule", tcb.TdxModule?.ToString());
        json.WriteString("tcbDate", Instant(tcb.TcbDate));
        WriteStrings(json, "advisoryIds", tcb.AdvisoryIds);
        if (tcb.MatchedLevel is { } level)
        {
            json.WriteNumber("matchedLevel", level);
        }
        else
        {
            json.WriteNull("matchedLevel");
        }

        WriteStrings(json, "behind", tcb.Behind);
        WriteTcb(json, "current", tcb.Current);
        json.WriteEndObject();
    }

    private static void WriteChecks(Utf8JsonWriter json, ImmutableArray<Check> checks)
    {
        json.WriteStartArray("checks");
        foreach (var check in checks.IsDefault ? [] : checks)
        {
            json.WriteStartObject();
            json.WriteString("name", check.Id.ToString());
            json.WriteString("outcome", NameOf(check.Outcome));
            json.WriteString("expected", check.Expected);
            json.WriteString("actual", check.Actual);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, ImmutableArray<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values.IsDefault ? [] : values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static string? Instant(DateTimeOffset? instant) =>
        instant?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
