using System.Text.Json;
using Casemate.Attestation.Tdx;
using Casemate.Cli.Output;
using Casemate.Measurement.Tdx;

namespace Casemate.Cli.Measure;

/// <summary>One register of a TD, as it is foretold and as an event log gives it.</summary>
/// <param name="Index">0 to 3.</param>
/// <param name="Foretold">The value that files give; null when it was not asked for.</param>
/// <param name="Replayed">The value that the event log gives; null without one.</param>
/// <param name="Difference">Where the two part, for people; null when they do not.</param>
internal sealed record RegisterReport(int Index, byte[]? Foretold, byte[]? Replayed, string? Difference)
{
    public bool Matches => Foretold is not null && Replayed is not null && Foretold.AsSpan().SequenceEqual(Replayed);

    /// <summary>The registers that are foretold, and with a log all of them.</summary>
    public static IReadOnlyList<RegisterReport> Of(IReadOnlyList<int> foretold, IReadOnlyList<BootEvent> events, CcEventLog? log)
    {
        var replayed = log?.Replay();
        var reports = new List<RegisterReport>();
        for (var i = 0; i < Rtmr.Count; i++)
        {
            if (log is null && !foretold.Contains(i))
            {
                continue;
            }

            var value = foretold.Contains(i) ? Rtmr.ValueOf(i, events) : null;
            reports.Add(new RegisterReport(i, value, replayed?[i], value is null || log is null ? null : DifferenceOf(i, events, log)));
        }

        return reports;
    }

    public void WriteText(ConsoleOutput console)
    {
        var verdict = (Foretold, Replayed) switch
        {
            (not null, not null) when Matches => console.Paint(Tone.Good, "foretold and replayed"),
            (not null, not null) => console.Paint(Tone.Bad, "foretold; the log differs"),
            (not null, null) => "foretold",
            _ => "replayed",
        };
        console.Out.WriteLine($"RTMR{Index} {Convert.ToHexStringLower(Foretold ?? Replayed!)}  {verdict}");
        if (Foretold is not null && Replayed is not null && !Matches)
        {
            console.Out.WriteLine($"      {Convert.ToHexStringLower(Replayed)}  replayed");
            console.Out.WriteLine($"      {ErrorText.OneLine(Difference ?? "")}");
        }
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("index", Index);
        if (Foretold is not null)
        {
            json.WriteString("foretold", Convert.ToHexStringLower(Foretold));
        }

        if (Replayed is not null)
        {
            json.WriteString("replayed", Convert.ToHexStringLower(Replayed));
        }

        if (Foretold is not null && Replayed is not null)
        {
            json.WriteBoolean("matches", Matches);
            if (Difference is not null)
            {
                json.WriteString("difference", Difference);
            }
        }

        json.WriteEndObject();
    }

    private static string? DifferenceOf(int register, IReadOnlyList<BootEvent> events, CcEventLog log)
    {
        var mine = events.Where(e => e.Rtmr == register).ToArray();
        var its = log.Events.Where(e => e.Rtmr == register).ToArray();
        for (var i = 0; i < Math.Max(mine.Length, its.Length); i++)
        {
            if (i >= its.Length)
            {
                return $"the log has {Plural.Of(its.Length, "event")}; next would be: {mine[i].What}";
            }

            if (i >= mine.Length)
            {
                return $"{Plural.Of(mine.Length, "event")} foretold; event {its[i].Number} of the log follows: {its[i].TypeName} {its[i].Text}";
            }

            if (!mine[i].Digest.Span.SequenceEqual(its[i].Digest.Span))
            {
                return $"first difference: {mine[i].What}; event {its[i].Number} of the log is {its[i].TypeName} {its[i].Text}";
            }
        }

        return null;
    }
}
