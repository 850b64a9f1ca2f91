using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Oci.Signatures;
using Casemate.Primitives;

namespace Casemate.Cli.Image;

/// <summary>The verdicts on an image's signatures, for people and for programs.</summary>
internal static class SignatureVerdictText
{
    /// <summary>Writes the result in the format that is asked for.</summary>
    public static void Write(ConsoleOutput console, string name, ImageSignatures found)
    {
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json => WriteMembers(json, name, found));
            return;
        }

        console.Out.WriteLine($"image      {ErrorText.Harmless(name)}");
        console.Out.WriteLine($"digest     {found.Image}");
        console.Out.WriteLine(found.Accepted
            ? $"verdict    {console.Paint(Tone.Good, "accepted")}"
            : $"verdict    {console.Paint(Tone.Bad, "refused")}{(found.Verdicts.IsEmpty ? ": the image has no signature" : "")}");
        foreach (var verdict in found.Verdicts)
        {
            console.Out.WriteLine();
            console.Out.WriteLine(
                $"{(verdict.Accepted ? console.Paint(Tone.Good, "accepted") : console.Paint(Tone.Bad, "refused"))}  {verdict.Form} {ErrorText.Harmless(verdict.Where)}");
            if (verdict.Identity is { } identity)
            {
                console.Out.WriteLine($"  signer   {ErrorText.Harmless(identity)}");
                console.Out.WriteLine($"  issuer   {ErrorText.Harmless(verdict.Issuer ?? "none")}");
            }

            if (verdict.SignedAt is { } at)
            {
                console.Out.WriteLine($"  signed   {at:yyyy-MM-ddTHH:mm:ssZ}");
            }

            WriteChecks(console, verdict);
        }
    }

    // All checks with -v; otherwise those that decided.
    private static void WriteChecks(ConsoleOutput console, SignatureVerdict verdict)
    {
        var shown = console.Verbose ? verdict.Checks : [.. verdict.Reasons];
        if (shown.IsEmpty)
        {
            return;
        }

        var table = new TextTable("CHECK", "OUTCOME", "EXPECTED", "FOUND");
        foreach (var check in shown)
        {
            table.Add(
                check.Outcome switch
                {
                    SignatureCheckOutcome.Passed => Tone.Good,
                    SignatureCheckOutcome.Skipped => Tone.Faint,
                    _ => Tone.Bad,
                },
                check.Id.ToString(), check.Outcome.ToString(), check.Expected, check.Actual);
        }

        table.Write(console);
    }

    private static void WriteMembers(Utf8JsonWriter json, string name, ImageSignatures found)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("image", name);
        json.WriteString("digest", found.Image.Text);
        json.WriteBoolean("accepted", found.Accepted);
        json.WriteStartArray("signatures");
        foreach (var verdict in found.Verdicts)
        {
            json.WriteStartObject();
            json.WriteString("form", verdict.Form.ToString());
            json.WriteString("where", verdict.Where);
            json.WriteBoolean("accepted", verdict.Accepted);
            json.WriteString("identity", verdict.Identity);
            json.WriteString("issuer", verdict.Issuer);
            if (verdict.SignedAt is { } at)
            {
                json.WriteString("signedAt", at);
            }
            else
            {
                json.WriteNull("signedAt");
            }

            if (verdict.Annotations is { } annotations)
            {
                json.WriteStartObject("annotations");
                foreach (var (key, value) in annotations)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            json.WriteStartArray("checks");
            foreach (var check in verdict.Checks)
            {
                json.WriteStartObject();
                json.WriteString("id", check.Id.ToString());
                json.WriteString("outcome", check.Outcome.ToString());
                json.WriteString("expected", check.Expected);
                json.WriteString("actual", check.Actual);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
