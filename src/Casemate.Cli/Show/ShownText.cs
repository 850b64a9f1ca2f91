using Casemate.Attestation.Pki;
using Casemate.Attestation.Tdx;
using Casemate.Cli.Output;
using Casemate.Cli.Verify;
using Casemate.Collateral;

namespace Casemate.Cli.Show;

/// <summary>The form of taken-apart evidence for people. Text from certificates is made harmless for terminals.</summary>
internal sealed class ShownText(ConsoleOutput console, bool machineIds)
{
    /// <summary>The first line of every output: what this is not.</summary>
    public const string Unverified = "unverified: shown as it stands in the file; 'casemate verify' judges it";

    public void Write(ShownEvidence shown, EvidenceFile file)
    {
        console.Out.WriteLine(console.Paint(Tone.Caution, Unverified));
        console.Out.WriteLine($"evidence  {ErrorText.OneLine(file.Name)}: {shown.Format}, {shown.Size} bytes ({file.Form})");
        foreach (var section in shown.Sections)
        {
            Heading(section.Name);
            var table = new TextTable("offset", "size", "field", "value", "meaning");
            foreach (var field in section.Fields)
            {
                var meaning = string.Join("; ", new[] { field.Meaning, BitsOf(field) }.Where(text => text.Length > 0));
                table.Add(Tone.Faint, $"{field.Offset}", $"{field.Size}", field.Name, field.Hex ?? ShownField.Hidden, meaning);
            }

            table.Write(console);
        }

        for (var i = 0; i < shown.Certificates.Count; i++)
        {
            Heading($"certificate {i + 1} of {shown.Certificates.Count} in the {(shown.Tee is null ? "message" : "quote")}");
            Write(Rows(shown.Certificates[i]));
        }

        WriteIncluded(shown);
    }

    private void WriteIncluded(ShownEvidence shown)
    {
        if (shown.EventLogSize is { } size)
        {
            Heading($"event log, {size} bytes");
            WriteEventLog(shown.EventLog);
        }

        foreach (var item in shown.Included)
        {
            Heading($"in the same file: {item.Kind}");
            Write(item.Certificate is { } certificate
                ? Rows(certificate)
                : [("about", item.Name), ("issued", Instant(item.Start)), ("next update", Instant(item.End))]);
        }

        foreach (var ignored in shown.Ignored)
        {
            Heading($"in the same file, not recognised: {ErrorText.OneLine(ignored)}");
        }
    }

    private void WriteEventLog(EventLogReplay? log)
    {
        if (log is null)
        {
            console.Out.WriteLine("cannot be read, or belongs to no TDX quote");
            return;
        }

        var events = new TextTable("event", "register", "type", "digest", "data", "text");
        foreach (var entry in log.Events)
        {
            var register = entry.Rtmr is { } rtmr ? $"RTMR{rtmr}" : entry.Register == 0 ? "MRTD" : "none";
            var data = entry.DataBinding switch
            {
                EventDataBinding.Verified => "as measured",
                EventDataBinding.Contradicted => "NOT as measured",
                _ => "not measured themselves",
            };
            events.Add(
                Tone.Faint, $"{entry.Number}", register, entry.TypeName, Convert.ToHexStringLower(entry.Digest.Span), data, entry.Text);
        }

        events.Write(console);
        Heading("replay of the event log");
        var replay = new TextTable("register", "events", "replayed", "in the quote", "same");
        foreach (var rtmr in log.Rtmrs)
        {
            replay.Add(
                Tone.Plain, $"RTMR{rtmr.Index}", $"{rtmr.Events}", Convert.ToHexStringLower(rtmr.Replayed),
                Convert.ToHexStringLower(rtmr.Reported), rtmr.Matches ? "yes" : "NO");
        }

        replay.Write(console);
    }

    private IEnumerable<(string, string)> Rows(UnverifiedCertificate certificate)
    {
        yield return ("subject", certificate.Subject);
        yield return ("issuer", certificate.Issuer);
        yield return ("serial number", certificate.SerialNumber);
        yield return ("valid", $"{InstantText.Format(certificate.NotBefore)} to {InstantText.Format(certificate.NotAfter)}");
        yield return ("key", certificate.Key + (certificate.IsCa ? ", CA" : ""));
        foreach (var (name, value) in CertificateExtensions.Of(certificate))
        {
            yield return (name, value.MachineId && !machineIds ? ShownField.Hidden : value.Text);
        }

        if (certificate.ExtensionProblem.Length > 0)
        {
            yield return ("extension", $"unreadable: {certificate.ExtensionProblem}");
        }
    }

    private void Write(IEnumerable<(string Label, string Text)> rows)
    {
        var table = new TextTable("field", "value");
        foreach (var (label, text) in rows)
        {
            table.Add(Tone.Plain, label, ErrorText.OneLine(text));
        }

        table.Write(console);
    }

    private void Heading(string text)
    {
        console.Out.WriteLine();
        console.Out.WriteLine(console.Paint(Tone.Strong, text));
    }

    private static string BitsOf(ShownField field) =>
        field.Bits is null ? "" : field.Bits.Count == 0 ? "no bit set" : string.Join(", ", field.Bits);

    private static string Instant(DateTimeOffset? instant) =>
        instant is { } known ? InstantText.Format(known) : "not said";
}
