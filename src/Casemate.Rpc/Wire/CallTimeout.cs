using System.Globalization;

namespace Casemate.Rpc.Wire;

/// <summary><c>grpc-timeout</c>: one to eight digits and a unit (gRPC over HTTP/2, Timeout).</summary>
internal static class CallTimeout
{
    /// <summary>Timers cannot run longer; a call whose time is longer than this has no end in practice.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    private const int MaximumDigits = 8;
    private const long MaximumValue = 99_999_999;

    /// <summary>Reads a value; one longer than <see cref="Longest"/> becomes that.</summary>
    /// <returns>False when it is malformed.</returns>
    public static bool TryRead(string? value, out TimeSpan timeout)
    {
        timeout = default;
        if (value is null || value.Length is < 2 or > MaximumDigits + 1)
        {
            return false;
        }

        var number = 0L;
        foreach (var digit in value.AsSpan(0, value.Length - 1))
        {
            if (!char.IsAsciiDigit(digit))
            {
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        var ticks = value[^1] switch
        {
            'H' => number * TimeSpan.TicksPerHour,
            'M' => number * TimeSpan.TicksPerMinute,
            'S' => number * TimeSpan.TicksPerSecond,
            'm' => number * TimeSpan.TicksPerMillisecond,
            'u' => number * TimeSpan.TicksPerMicrosecond,
            'n' => (number + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick,
            _ => -1,
        };
        timeout = TimeSpan.FromTicks(Math.Min(ticks, Longest.Ticks));
        return ticks >= 0;
    }

    /// <summary>Writes a time above zero in the finest unit that holds it, rounded up.</summary>
    public static string Write(TimeSpan timeout)
    {
        ReadOnlySpan<(long Ticks, char Unit)> units =
        [
            (TimeSpan.TicksPerMicrosecond, 'u'), (TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'),
            (TimeSpan.TicksPerMinute, 'M'), (TimeSpan.TicksPerHour, 'H'),
        ];
        foreach (var (ticks, unit) in units)
        {
            var number = (timeout.Ticks / ticks) + (timeout.Ticks % ticks == 0 ? 0 : 1);
            if (number <= MaximumValue)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{MaximumValue}H");
    }
}
