using System.Globalization;

namespace Casemate.Cli.Verify;

/// <summary>Reads and writes the instants of the command line.</summary>
internal static class InstantText
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd",
    ];

    /// <summary>Reads RFC 3339 (<c>2026-11-20T12:00:00Z</c>), a date (its midnight, UTC) or Unix seconds.</summary>
    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            instant = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        // A time without a zone means UTC: the machine's own zone must not decide whether a certificate is valid.
        return DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);
    }

    /// <summary>Such as <c>2026-11-20T12:00:00Z</c>.</summary>
    public static string Format(DateTimeOffset instant) =>
        instant.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
