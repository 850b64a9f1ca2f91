using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Pki;
using Casemate.Cli.Verify;
using Casemate.Collateral;
using Casemate.Primitives;

namespace Casemate.Cli.Show;

/// <summary>The form of taken-apart evidence for programs, documented in <c>docs/evidence.md</c>.</summary>
internal static class ShownJson
{
    public static void WriteMembers(Utf8JsonWriter json, ShownEvidence shown, EvidenceFile file, bool machineIds)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("status", "unverified");
        json.WriteString("evidence", file.Name);
        json.WriteString("form", file.Form);
        json.WriteString("tee", shown.Tee is { } tee ? VerdictJson.NameOf(tee) : null);
        json.WriteString("format", shown.Format);
        json.WriteNumber("size", shown.Size);
        json.WriteString("problem", shown.Problem.Length == 0 ? null : shown.Problem);
        json.WriteStartArray("sections");
        foreach (var section in shown.Sections)
        {
            json.WriteStartObject();
            json.WriteString("name", section.Name);
            json.WriteStartArray("fields");
            foreach (var field in section.Fields)
            {
                WriteField(json, field);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("certificates");
        foreach (var certificate in shown.Certificates)
        {
            json.WriteStartObject();
            WriteCertificate(json, certificate, machineIds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteIncluded(json, shown, machineIds);
    }

    private static void WriteField(Utf8JsonWriter json, ShownField field)
    {
        json.WriteStartObject();
        json.WriteString("name", field.Name);
        json.WriteNumber("offset", field.Offset);
        json.WriteNumber("size", field.Size);
        json.WriteString("hex", field.Hex);
        json.WriteString("meaning", field.Meaning);
        if (field.Bits is { } bits)
        {
            json.WriteStartArray("bits");
            foreach (var bit in bits)
            {
                json.WriteStringValue(bit);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteCertificate(Utf8JsonWriter json, UnverifiedCertificate certificate, bool machineIds)
    {
        json.WriteString("subject", certificate.Subject);
        json.WriteString("issuer", certificate.Issuer);
        json.WriteString("serialNumber", certificate.SerialNumber);
        json.WriteString("notBefore", InstantText.Format(certificate.NotBefore));
        json.WriteString("notAfter", InstantText.Format(certificate.NotAfter));
        json.WriteString("key", certificate.Key);
        json.WriteBoolean("ca", certificate.IsCa);
        json.WriteString("extensionProblem", certificate.ExtensionProblem.Length == 0 ? null : certificate.ExtensionProblem);
        json.WriteStartObject("extensions");
        foreach (var (name, value) in CertificateExtensions.Of(certificate))
        {
            json.WriteString(name, value.MachineId && !machineIds ? null : value.Text);
        }

        json.WriteEndObject();
    }

    private static void WriteIncluded(Utf8JsonWriter json, ShownEvidence shown, bool machineIds)
    {
        if (shown.EventLogSize is { } size)
        {
            json.WriteNumber("eventLogSize", size);
        }
        else
        {
            json.WriteNull("eventLogSize");
        }

        VerdictJson.WriteEventLog(json, shown.EventLog);
        json.WriteStartArray("included");
        foreach (var item in shown.Included)
        {
            json.WriteStartObject();
            json.WriteString("kind", item.Kind);
            if (item.Certificate is { } certificate)
            {
                WriteCertificate(json, certificate, machineIds);
            }
            else
            {
                json.WriteString("about", item.Name);
                json.WriteString("issued", item.Start is { } start ? InstantText.Format(start) : null);
                json.WriteString("nextUpdate", item.End is { } end ? InstantText.Format(end) : null);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("ignored");
        foreach (var ignored in shown.Ignored)
        {
            json.WriteStringValue(ignored);
        }

        json.WriteEndArray();
    }
}
