using System.Globalization;
using System.Numerics;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>Layouts of Go's time package: the reference time is Mon Jan 2 15:04:05 MST 2006.</summary>
internal static class GoTime
{
    // Longest first where one begins another.
    private static readonly string[] s_parts =
    [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "Z070000", "Z07:00:00", "Z07:00", "Z0700", "Z07", "-070000", "-07:00:00",
            "-07:00", "-0700",
        "-07", "002", "01", "02", "03", "04", "05", "06", "15", "PM", "pm", "__2", "_2", "1", "2", "3", "4", "5",
    ];

    public static string Named(string layout) => layout switch
    {
        "ANSIC" => "Mon Jan _2 15:04:05 2006",
        "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
        "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
        "RFC822" => "02 Jan 06 15:04 MST",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC3339" => "2006-01-02T15:04:05Z07:00",
        "RFC3339Nano" => "2006-01-02T15:04:05.999999999Z07:00",
        _ => layout,
    };

    private static string PartAt(string layout, int at)
    {
        if (layout[at] is '.' or ',' && at + 1 < layout.Length && layout[at + 1] is '0' or '9')
        {
            var end = at + 1;
            while (end < layout.Length && layout[end] == layout[at + 1])
            {
                end++;
            }

            return end >= layout.Length || !char.IsAsciiDigit(layout[end]) ? layout[at..end] : "";
        }

        foreach (var part in s_parts)
        {
            if (string.CompareOrdinal(layout, at, part, 0, part.Length) == 0)
            {
                return part;
            }
        }

        return "";
    }

    public static string Format(string layout, DateTime local, int nanoseconds, TimeSpan offset, string zone)
    {
        var text = new StringBuilder();
        for (var i = 0; i < layout.Length;)
        {
            var part = PartAt(layout, i);
            text.Append(part.Length == 0 ? layout[i].ToString() : Field(part, local, nanoseconds, offset, zone));
            i += Math.Max(1, part.Length);
        }

        return text.ToString();
    }

    private static string Field(string part, DateTime at, int nanoseconds, TimeSpan offset, string zone)
    {
        var hour = at.Hour % 12 == 0 ? 12 : at.Hour % 12;
        if (part[0] is '.' or ',')
        {
            var digits = nanoseconds.ToString("000000000",
                CultureInfo.InvariantCulture)[..Math.Min(9, part.Length - 1)].PadRight(part.Length - 1, '0');
            digits = part[1] == '9' ? digits.TrimEnd('0') : digits;
            return digits.Length == 0 ? "" : part[0] + digits;
        }

        return part switch
        {
            "January" => at.ToString("MMMM", CultureInfo.InvariantCulture),
            "Jan" => at.ToString("MMM", CultureInfo.InvariantCulture),
            "Monday" => at.ToString("dddd", CultureInfo.InvariantCulture),
            "Mon" => at.ToString("ddd", CultureInfo.InvariantCulture),
            "MST" => zone,
            "2006" => at.Year.ToString("0000", CultureInfo.InvariantCulture),
            "06" => (at.Year % 100).ToString("00", CultureInfo.InvariantCulture),
            "01" => at.Month.ToString("00", CultureInfo.InvariantCulture),
            "1" => at.Month.ToString(CultureInfo.InvariantCulture),
            "002" => at.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            "__2" => at.DayOfYear.ToString(CultureInfo.InvariantCulture).PadLeft(3),
            "02" => at.Day.ToString("00", CultureInfo.InvariantCulture),
            "_2" => at.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            "2" => at.Day.ToString(CultureInfo.InvariantCulture),
            "15" => at.Hour.ToString("00", CultureInfo.InvariantCulture),
            "03" => hour.ToString("00", CultureInfo.InvariantCulture),
            "3" => hour.ToString(CultureInfo.InvariantCulture),
            "04" => at.Minute.ToString("00", CultureInfo.InvariantCulture),
            "4" => at.Minute.ToString(CultureInfo.InvariantCulture),
            "05" => at.Second.ToString("00", CultureInfo.InvariantCulture),
            "5" => at.Second.ToString(CultureInfo.InvariantCulture),
            "PM" => at.Hour < 12 ? "AM" : "PM",
            "pm" => at.Hour < 12 ? "am" : "pm",
            _ => Offset(part, offset),
        };
    }

    private static string Offset(string part, TimeSpan offset)
    {
        if (part[0] == 'Z' && offset == TimeSpan.Zero)
        {
            return "Z";
        }

        var absolute = offset.Duration();
        var between = part.Contains(':', StringComparison.Ordinal) ? ":" : "";
        var text = (offset < TimeSpan.Zero ? "-" : "+") + absolute.Hours.ToString("00", CultureInfo.InvariantCulture);
        text += part.Length > 3 ? between + absolute.Minutes.ToString("00", CultureInfo.InvariantCulture) : "";
        return text + (part.Length > 6 ? between + absolute.Seconds.ToString("00", CultureInfo.InvariantCulture) : "");
    }

    /// <summary>Nanoseconds since 1970 of a text in a layout; null when it does not have it.</summary>
    public static BigInteger? Parse(string layout, string text)
    {
        var (year, month, day, dayOfYear, hour, minute, second, nanoseconds) = (0, 1, 1, -1, 0, 0, 0, 0);
        var (afternoon, offset, at) = ((bool?)null, TimeSpan.Zero, 0);
        for (var i = 0; i < layout.Length;)
        {
            var part = PartAt(layout, i);
            if (part.Length == 0)
            {
                if (at >= text.Length || text[at++] != layout[i++])
                {
                    return null;
                }

                continue;
            }

            i += part.Length;
            var read = part switch
            {
                "2006" => Digits(text, ref at, 4, 4, out year),
                "06" => Digits(text, ref at, 2, 2, out year) && (year += year >= 69 ? 1900 : 2000) > 0,
                "01" => Digits(text, ref at, 2, 2, out month),
                "1" => Digits(text, ref at, 1, 2, out month),
                "02" => Digits(text, ref at, 2, 2, out day),
                "2" => Digits(text, ref at, 1, 2, out day),
                "_2" => (at < text.Length && text[at] == ' ' && ++at > 0 && Digits(text, ref at, 1, 1, out day))
                    || Digits(text, ref at, 2, 2, out day),
                "002" => Digits(text, ref at, 3, 3, out dayOfYear),
                "15" or "03" => Digits(text, ref at, 2, 2, out hour),
                "3" => Digits(text, ref at, 1, 2, out hour),
                "04" => Digits(text, ref at, 2, 2, out minute),
                "4" => Digits(text, ref at, 1, 2, out minute),
                "05" => Digits(text, ref at, 2, 2, out second)
                    && (StartsFraction(layout, i) || Fraction(text, ref at, -1, out nanoseconds)),
                "5" => Digits(text, ref at, 1, 2, out second) && (StartsFraction(layout, i) || Fraction(text, ref at, -1, out nanoseconds)),
                "January" => Name(text, ref at, CultureInfo.InvariantCulture.DateTimeFormat.MonthNames, out month),
                "Jan" => Name(text, ref at, CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedMonthNames, out month),
                "Monday" => Name(text, ref at, CultureInfo.InvariantCulture.DateTimeFormat.DayNames, out _),
                "Mon" => Name(text, ref at, CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedDayNames, out _),
                "PM" or "pm" => Half(text, ref at, out afternoon),
                "MST" => ZoneName(text, ref at),
                _ when part[0] is '.' or ',' => Fraction(text, ref at, part[1] == '0' ? part.Length - 1 : -1, out nanoseconds),
                _ => ReadOffset(text, ref at, part, out offset),
            };
            if (!read)
            {
                return null;
            }
        }

        hour = afternoon is null ? hour : (hour % 12) + (afternoon.Value ? 12 : 0);
        if (at != text.Length || year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59 || dayOfYear == 0 || dayOfYear > 366)
        {
            return null;
        }

        var date = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        date = dayOfYear > 0 ? new DateTime(year, 1, 1, hour, minute, second, DateTimeKind.Utc).AddDays(dayOfYear - 1) : date;
        var seconds = ((date - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond) - (long)offset.TotalSeconds;
        return ((BigInteger)seconds * 1_000_000_000) + nanoseconds;
    }

    private static bool StartsFraction(string layout, int at) => at < layout.Length && PartAt(layout, at) is { Length: > 1 } part
        && part[0] is '.' or ',';

    private static bool Digits(string text, ref int at, int least, int most, out int value)
    {
        var start = at;
        for (value = 0; at < text.Length && at - start < most && char.IsAsciiDigit(text[at]); at++)
        {
            value = (value * 10) + text[at] - '0';
        }

        return at - start >= least;
    }

    private static bool Fraction(string text, ref int at, int digits, out int nanoseconds)
    {
        nanoseconds = 0;
        if (at + 1 >= text.Length || text[at] is not ('.' or ',') || !char.IsAsciiDigit(text[at + 1]))
        {
            return digits < 0;
        }

        var start = ++at;
        for (var weight = 100_000_000; at < text.Length && char.IsAsciiDigit(text[at]); at++, weight /= 10)
        {
            nanoseconds += (text[at] - '0') * weight;
        }

        return digits < 0 || at - start == digits;
    }

    private static bool Name(string text, ref int at, string[] names, out int number)
    {
        for (number = 1; number <= names.Length; number++)
        {
            var name = names[number - 1];
            if (name.Length > 0 && string.Compare(text, at, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0)
            {
                at += name.Length;
                return true;
            }
        }

        return false;
    }

    private static bool Half(string text, ref int at, out bool? afternoon)
    {
        var two = at + 2 <= text.Length ? text.Substring(at, 2).ToUpperInvariant() : "";
        afternoon = two == "PM";
        at += 2;
        return two is "AM" or "PM";
    }

    private static bool ZoneName(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiLetterUpper(text[at]) && at - start < 5)
        {
            at++;
        }

        return at - start >= 3;
    }

    private static bool ReadOffset(string text, ref int at, string part, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (part[0] == 'Z' && at < text.Length && text[at] == 'Z')
        {
            at++;
            return true;
        }

        if (at >= text.Length || text[at] is not ('+' or '-'))
        {
            return false;
        }

        var sign = text[at++] == '-' ? -1 : 1;
        var (hours, minutes, colon) = (0, 0, part.Contains(':', StringComparison.Ordinal));
        if (!Digits(text, ref at, 2, 2, out hours)
            || (part.Length > 3 && ((colon && (at >= text.Length || text[at++] != ':')) || !Digits(text, ref at, 2, 2, out minutes))))
        {
            return false;
        }

        offset = new TimeSpan(sign * hours, sign * minutes, 0);
        return hours < 25 && minutes < 60;
    }

    /// <summary>Nanoseconds of a duration such as <c>1h15m30.918s</c>; null when it is none.</summary>
    public static BigInteger? Duration(string text)
    {
        var sign = text.StartsWith('-') ? -1 : 1;
        var rest = text.StartsWith('-') || text.StartsWith('+') ? text[1..] : text;
        if (rest == "0")
        {
            return 0;
        }

        BigInteger total = 0;
        for (var at = 0; at < rest.Length || rest.Length == 0;)
        {
            var start = at;
            while (at < rest.Length && (char.IsAsciiDigit(rest[at]) || rest[at] == '.'))
            {
                at++;
            }

            var number = rest[start..at];
            start = at;
            while (at < rest.Length && !char.IsAsciiDigit(rest[at]) && rest[at] != '.')
            {
                at++;
            }

            decimal? unit = rest[start..at] switch
            {
                "ns" => 1m,
                "us" or "µs" or "μs" => 1_000m,
                "ms" => 1_000_000m,
                "s" => 1_000_000_000m,
                "m" => 60_000_000_000m,
                "h" => 3_600_000_000_000m,
                _ => null,
            };
            if (unit is null || number.Length > 18
                || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
                || amount > 10_000_000_000_000m / Math.Max(1, unit.Value / 1_000_000))
            {
                return null;
            }

            total += (BigInteger)(amount * unit.Value);
        }

        return total <= long.MaxValue ? sign * total : null;
    }
}
