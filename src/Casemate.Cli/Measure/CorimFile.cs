using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Measurement.Corim;

namespace Casemate.Cli.Measure;

/// <summary>A manifest that the command line names, signed or not.</summary>
/// <param name="Document">The manifest.</param>
/// <param name="Signed">The signed message around it; null when it is not signed.</param>
internal sealed record CorimFile(CorimDocument Document, SignedCorim? Signed)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="CliException">It cannot be read, or is no manifest.</exception>
    public static CorimFile Read(string path)
    {
        var bytes = InputFile.Read(null, path, CorimDocument.MaxSize);
        if (CorimDocument.TryRead(bytes, out var document, out var error))
        {
            return new CorimFile(document, null);
        }

        if (SignedCorim.TryRead(bytes, out var signed, out var signedError))
        {
            return new CorimFile(signed.Document, signed);
        }

        // 0xD2 is tag 18, COSE_Sign1.
        throw CliException.BadInput(ErrorText.OneLine($"{path}: {(bytes is [0xD2, ..] ? signedError : error)}"));
    }

    /// <summary>What the manifest's profile makes of it, in a few words.</summary>
    public string Conformance => Document.Profile switch
    {
        LaunchMeasurementProfile.Uri => LaunchMeasurementProfile.TryRead(Document, out _, out var error) ? "conforms" : error,
        GuestImageProfile.Uri => GuestImageProfile.TryRead(Document, out _, out var error) ? "conforms" : error,
        null => "no profile",
        _ => "the profile is not known here",
    };

    /// <summary>Writes the manifest for people.</summary>
    public void WriteText(ConsoleOutput console)
    {
        Line(console, "id       ", Document.Id);
        Line(console, "profile  ", $"{Document.Profile ?? "none"} ({Conformance})");
        Line(console, "signed   ", Signed is null ? "no" : $"by {Signed.SignerName ?? "a signer without a name"}, as it says");
        foreach (var module in Document.Modules)
        {
            Line(console, "module   ", module.TagId);
            foreach (var reference in module.References)
            {
                Line(console, "  ", reference.Environment.ToString());
                Measurements(console, reference.Measurements);
            }

            foreach (var series in module.Series)
            {
                foreach (var entry in series.Entries)
                {
                    Line(console, "  ", $"{series.Environment} with these measurements");
                    Measurements(console, series.Claims.Concat(entry.Selection));
                    Line(console, "  ", "has");
                    Measurements(console, entry.Addition);
                }
            }
        }
    }

    /// <summary>Writes the manifest for programs.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("id", Document.Id);
        json.WriteString("profile", Document.Profile);
        json.WriteString("conformance", Conformance);
        json.WriteBoolean("signed", Signed is not null);
        json.WriteString("signerName", Signed?.SignerName);
        json.WriteStartArray("modules");
        foreach (var module in Document.Modules)
        {
            json.WriteStartObject();
            json.WriteString("tagId", module.TagId);
            json.WriteStartArray("references");
            foreach (var reference in module.References)
            {
                json.WriteStartObject();
                json.WriteString("vendor", reference.Environment.Vendor);
                json.WriteString("model", reference.Environment.Model);
                Measurements(json, "measurements", reference.Measurements);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("series");
            foreach (var series in module.Series)
            {
                json.WriteStartObject();
                json.WriteString("vendor", series.Environment.Vendor);
                json.WriteString("model", series.Environment.Model);
                Measurements(json, "claims", series.Claims);
                json.WriteStartArray("entries");
                foreach (var entry in series.Entries)
                {
                    json.WriteStartObject();
                    Measurements(json, "selection", entry.Selection);
                    Measurements(json, "addition", entry.Addition);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Measurements(ConsoleOutput console, IEnumerable<CorimMeasurement> measurements)
    {
        foreach (var measurement in measurements)
        {
            foreach (var digest in measurement.Digests)
            {
                Line(console, "    ", $"{measurement.Key ?? "(unnamed)"} {digest.AlgorithmName} {Convert.ToHexStringLower(digest.Value.Span)}");
            }

            if (measurement.Svn is { } svn)
            {
                Line(console, "    ", $"security version {svn}");
            }
        }
    }

    private static void Measurements(Utf8JsonWriter json, string name, IEnumerable<CorimMeasurement> measurements)
    {
        json.WriteStartArray(name);
        foreach (var measurement in measurements)
        {
            json.WriteStartObject();
            json.WriteString("key", measurement.Key);
            if (measurement.Svn is { } svn)
            {
                json.WriteNumber("svn", svn);
            }

            json.WriteStartObject("digests");
            foreach (var digest in measurement.Digests)
            {
                json.WriteString(digest.AlgorithmName, Convert.ToHexStringLower(digest.Value.Span));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Line(ConsoleOutput console, string start, string text) => console.Out.WriteLine(start + ErrorText.OneLine(text));
}
