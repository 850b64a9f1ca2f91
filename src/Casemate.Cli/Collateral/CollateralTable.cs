using System.Globalization;
using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Cli.Verify;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Store;

namespace Casemate.Cli.Collateral;

/// <summary>Collateral for people and programs: one line, or one JSON object, a piece.</summary>
internal static class CollateralTable
{
    /// <summary>A day; a dash where there is none.</summary>
    public static string Day(DateTimeOffset? time) =>
        time is { } value ? value.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "-";

    /// <summary>The word for the state of a piece.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="now">The instant.</param>
    /// <param name="warnWithin">How long before its end a piece is said to expire.</param>
    public static (Tone Tone, string Word) StateOf(AuditedCollateral piece, DateTimeOffset now, TimeSpan warnWithin) =>
        !piece.IsVerified ? (Tone.Bad, "UNVERIFIABLE")
        : piece.IsExpired(now) ? (Tone.Bad, "EXPIRED")
        : warnWithin > TimeSpan.Zero && piece.IsExpired(now + warnWithin) ? (Tone.Caution, "expires")
        : (Tone.Good, "good");

    /// <summary>Writes the table.</summary>
    public static void Write(
        ConsoleOutput console, IReadOnlyCollection<AuditedCollateral> pieces, DateTimeOffset now, TimeSpan warnWithin)
    {
        var table = new TextTable("STATE", "COLLATERAL", "FROM", "UNTIL", "DAYS", "SOURCE");
        foreach (var piece in pieces)
        {
            var (tone, word) = StateOf(piece, now, warnWithin);
            var collateral = piece.Collateral;
            table.Add(
                tone, word, collateral.Key.ToLogText(), Day(collateral.NotBefore), Day(collateral.NotAfter),
                collateral.Key.IsImmutable ? "for ever" : DaysLeft(collateral.NotAfter, now)?.ToString(CultureInfo.InvariantCulture) ?? "-",
                collateral.Source.Length > 0 ? ErrorText.OneLine(collateral.Source) : "-");
        }

        table.Write(console);
        WriteReasons(
            console, pieces.Where(piece => !piece.IsVerified).Select(piece => ("UNVERIFIABLE", piece.Collateral.Key, piece.Problem)));
    }

    /// <summary>Writes below a table why its pieces are not what was wanted: each reason once, with the pieces that it holds for.</summary>
    /// <param name="console">The output.</param>
    /// <param name="reasons">Word, piece and reason; those without a reason are passed over.</param>
    public static void WriteReasons(ConsoleOutput console, IEnumerable<(string Word, CollateralKey Key, string Problem)> reasons)
    {
        foreach (var reason in reasons.Where(reason => reason.Problem.Length > 0).GroupBy(reason => (reason.Word, reason.Problem)))
        {
            console.Out.WriteLine(ErrorText.OneLine(
                $"{reason.Key.Word}: {string.Join(", ", reason.Select(one => one.Key.ToLogText()))}: {reason.Key.Problem}"));
        }
    }

    /// <summary>Writes an array of JSON objects.</summary>
    public static void Write(
        Utf8JsonWriter json, IEnumerable<AuditedCollateral> pieces, DateTimeOffset now, TimeSpan warnWithin)
    {
        json.WriteStartArray("collateral");
        foreach (var piece in pieces)
        {
            json.WriteStartObject();
            json.WriteString("key", piece.Collateral.Key.ToString());
            json.WriteString("state", StateOf(piece, now, warnWithin).Word.ToLowerInvariant());
            WriteDetails(json, piece.Collateral);
            if (!piece.Collateral.Key.IsImmutable && DaysLeft(piece.Collateral.NotAfter, now) is { } days)
            {
                json.WriteNumber("daysLeft", days);
            }

            json.WriteString("problem", piece.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes dates and source into an object that is open.</summary>
    public static void WriteDetails(Utf8JsonWriter json, StoredCollateral? collateral)
    {
        WriteTime(json, "notBefore", collateral?.NotBefore);
        WriteTime(json, "notAfter", collateral?.NotAfter);
        WriteTime(json, "fetched", collateral is { Fetched.Ticks: > 0 } ? collateral.Fetched : null);
        json.WriteString("source", collateral?.Source ?? "");
    }

    private static int? DaysLeft(DateTimeOffset? end, DateTimeOffset now) =>
        end is { } time ? (int)Math.Floor((time - now).TotalDays) : null;

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            json.WriteString(name, InstantText.Format(value));
        }
    }
}
