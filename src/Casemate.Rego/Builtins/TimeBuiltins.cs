using System.Globalization;
using System.Numerics;

namespace Casemate.Rego.Builtins;

/// <summary>Instants as nanoseconds since 1970. The present comes from the caller and stays the same within one evaluation.</summary>
internal static class TimeBuiltins
{
    private static readonly DateTime s_epoch = DateTime.UnixEpoch;

    public static void Register(BuiltinTable table)
    {
        table.Add("time.now_ns", [], (c, _) =>
            c.Options.Now is { } now ? RegoNumber.Create((now.UtcDateTime - s_epoch).Ticks * 100)
                : c.Error("time.now_ns: the host gave the evaluation no time"));
        table.Add("time.parse_rfc3339_ns", "s", (c, a) =>
            Parsed(c, "time.parse_rfc3339_ns", GoTime.Parse("2006-01-02T15:04:05Z07:00", Text(a))));
        table.Add("time.parse_ns", "s", "s", (c, layout, a) =>
            Parsed(c, "time.parse_ns", GoTime.Parse(GoTime.Named(Text(layout)), Text(a))));
        table.Add("time.parse_duration_ns", "s", (c, a) => GoTime.Duration(Text(a)) is { } ns ? RegoNumber.Create(ns)
            : c.Error($"time.parse_duration_ns: time: invalid duration {a}"));
        table.Add("time.format", "na", Format);
        table.Add("time.date", "na", (c, a) => Instant(c, "time.date", a) is { } at ? Numbers(at.Local.Year, at.Local.Month, at.Local.Day)
            : null);
        table.Add("time.clock", "na", (c, a) =>
            Instant(c, "time.clock", a) is { } at ? Numbers(at.Local.Hour, at.Local.Minute, at.Local.Second) : null);
        table.Add("time.weekday", "na", (c, a) =>
            Instant(c, "time.weekday", a) is { } at ? RegoString.Create(at.Local.DayOfWeek.ToString()) : null);
        table.Add("time.add_date", ["na", "n", "n", "n"], AddDate);
        table.Add("time.diff", "na", "na", Difference);
    }

    private static string Text(RegoValue value) => ((RegoString)value).Value;

    private static RegoArray Numbers(params ReadOnlySpan<int> numbers)
    {
        var items = new RegoValue[numbers.Length];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = RegoNumber.Create(numbers[i]);
        }

        return RegoArray.Own(items);
    }

    private static RegoValue? Parsed(BuiltinContext context, string name, BigInteger? nanoseconds)
    {
        if (nanoseconds is not { } ns)
        {
            return context.Error($"{name}: the text does not have the layout");
        }

        return ns >= long.MinValue && ns <= long.MaxValue ? RegoNumber.Create(ns) : context.Error($"{name}: time outside of valid range");
    }

    // The instant in its zone, the nanoseconds below a tick, and the zone.
    private static (DateTime Local, int Nanoseconds, TimeSpan Offset, string Zone, string? Layout)? Instant(BuiltinContext context,
        string name, RegoValue value)
    {
        var parts = value as RegoArray;
        if ((parts is null ? value : parts.Count is > 0 and < 4 ? parts[0] : null) is not RegoNumber { IsSmall: true, Small: var ns })
        {
            context.Error($"{name}: operand 1 must be nanoseconds, or an array of nanoseconds and a time zone");
            return null;
        }

        if ((parts?.Count > 1 && parts[1] is not RegoString) || (parts?.Count > 2 && parts[2] is not RegoString))
        {
            context.TypeError($"{name}: time zone and layout must be strings");
            return null;
        }

        var zone = parts?.Count > 1 ? Text(parts[1]) : "UTC";
        var utc = s_epoch.AddTicks((long)Math.Floor(ns / 100m));
        var below = (int)(((ns % 1_000_000_000) + 1_000_000_000) % 1_000_000_000);
        if (zone is "" or "UTC" or "Local")
        {
            return (utc, below, TimeSpan.Zero, "UTC", parts?.Count > 2 ? Text(parts[2]) : null);
        }

        if (zone.Length > 64 || zone.Contains("..", StringComparison.Ordinal)
            || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
        {
            context.Error($"{name}: unknown time zone {zone}");
            return null;
        }

        var offset = found.GetUtcOffset(utc);
        var abbreviation = (offset < TimeSpan.Zero ? "-" : "+") + Math.Abs(offset.Hours).ToString("00", CultureInfo.InvariantCulture);
        return (utc + offset, below, offset, abbreviation, parts?.Count > 2 ? Text(parts[2]) : null);
    }

    private static RegoValue? Format(BuiltinContext context, RegoValue value)
    {
        if (Instant(context, "time.format", value) is not { } at)
        {
            return null;
        }

        var layout = at.Layout is null ? "2006-01-02T15:04:05.999999999Z07:00" : GoTime.Named(at.Layout);
        return context.Text(GoTime.Format(layout, at.Local, at.Nanoseconds, at.Offset, at.Zone));
    }

    private static RegoValue? AddDate(BuiltinContext context, RegoValue[] a)
    {
        if (Instant(context, "time.add_date", a[0]) is not { } at
            || a[1] is not RegoNumber { IsSmall: true, Small: var years } || a[2] is not RegoNumber { IsSmall: true, Small: var months }
            || a[3] is not RegoNumber { IsSmall: true, Small: var days })
        {
            return context.Failure is null ? context.TypeError("time.add_date: years, months and days must be integers") : null;
        }

        if (Math.Abs(years) > 1000 || Math.Abs(months) > 12_000 || Math.Abs(days) > 366_000)
        {
            return context.Error("time.add_date: time outside of valid range");
        }

        // A day beyond the month's end runs into the next month.
        var month = ((at.Local.Year + years) * 12) + at.Local.Month - 1 + months;
        if (month < 12 || month >= 9999 * 12)
        {
            return context.Error("time.add_date: time outside of valid range");
        }

        var moved = new DateTime((int)(month / 12), (int)(month % 12) + 1, 1, 0, 0, 0, DateTimeKind.Utc)
            .AddDays(at.Local.Day - 1 + days) + at.Local.TimeOfDay - at.Offset;
        var ns = (((BigInteger)(moved - s_epoch).Ticks / TimeSpan.TicksPerSecond) * 1_000_000_000) + at.Nanoseconds;
        ns -= moved < s_epoch && (moved - s_epoch).Ticks % TimeSpan.TicksPerSecond != 0 ? 1_000_000_000 : 0;
        return Parsed(context, "time.add_date", ns);
    }

    private static RegoValue? Difference(BuiltinContext context, RegoValue first, RegoValue second)
    {
        if (Instant(context, "time.diff", first) is not { } a || Instant(context, "time.diff", second) is not { } b)
        {
            return null;
        }

        // Both in the zone of the first.
        var (from, to) = (a.Local, b.Local - b.Offset + a.Offset);
        (from, to) = from <= to ? (from, to) : (to, from);
        var (years, months, days) = (to.Year - from.Year, to.Month - from.Month, to.Day - from.Day);
        var clock = to.TimeOfDay - from.TimeOfDay;
        if (clock < TimeSpan.Zero)
        {
            clock += TimeSpan.FromDays(1);
            days--;
        }

        if (days < 0)
        {
            days += DateTime.DaysInMonth(from.Year, from.Month);
            months--;
        }

        if (months < 0)
        {
            months += 12;
            years--;
        }

        return Numbers(years, months, days, clock.Hours, clock.Minutes, clock.Seconds);
    }
}
