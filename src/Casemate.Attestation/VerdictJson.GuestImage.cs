using System.Text.Json;
using Casemate.Attestation.Cose;
using Casemate.Primitives;

namespace Casemate.Attestation;

public static partial class VerdictJson
{
    /// <summary>Writes the verdict on a guest image's endorsement as one JSON object.</summary>
    public static void Write(Utf8JsonWriter json, GuestImageVerdict verdict, VerdictJsonOptions options)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        WriteMembers(json, verdict, options);
        json.WriteEndObject();
    }

    /// <summary>Writes the members of the verdict on an endorsement alone, into an object that the caller has opened.</summary>
    public static void WriteMembers(Utf8JsonWriter json, GuestImageVerdict verdict, VerdictJsonOptions options)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        WriteHead(json, verdict.Accepted, options);
        if (verdict.Endorsement is { } endorsement)
        {
            json.WriteStartObject("endorsement");
            json.WriteString("issuer", endorsement.Issuer);
            json.WriteString("feed", endorsement.Feed);
            json.WriteNumber("svn", endorsement.Svn);
            Hex(json, "launchMeasurement", endorsement.LaunchMeasurement);
            json.WriteString("signingTime", Instant(endorsement.SigningTime));
            json.WriteString("certificatesExpire", Instant(endorsement.CertificatesExpire));
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("endorsement");
        }

        WriteChecks(json, verdict.Checks);
    }

    private static void WriteHead(Utf8JsonWriter json, bool accepted, VerdictJsonOptions options)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(options);
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("verdict", accepted ? "accepted" : "rejected");
        json.WriteString("policy", options.Policy);
        json.WriteString("at", Instant(options.At));
    }
}
