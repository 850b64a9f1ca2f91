using System.Globalization;

namespace Casemate.KataPolicy.Layers;

/// <summary>Times of files: 34 bits of seconds, and nanoseconds above them. Source: microsoft/hcsshim, compactext4; Linux, ext4.h.</summary>
internal static class Ext4Time
{
    private const int SecondBits = 34;
    private const long First = -0x80000000;
    private const long Last = 0x37FFFFFFF;

    public static ulong Of(long seconds, long nanoseconds = 0) =>
        seconds < First ? 0x80000000
        : seconds > Last ? Last
        : unchecked((ulong)seconds) | ((ulong)nanoseconds << SecondBits);

    /// <summary>What becomes of a stored time that is read and written again, as happens to a directory that is marked opaque.</summary>
    public static ulong Again(ulong stored)
    {
        if (stored == 0)
        {
            return 0;
        }

        var seconds = (long)(stored & 0x3FFFFFFFF);
        if (seconds is > 0x7FFFFFFF and < 0x100000000)
        {
            seconds = unchecked((int)(uint)seconds);
        }

        var nanoseconds = (long)(stored >> SecondBits);
        return Of(seconds + nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    }

    /// <summary>A time of a pax header: seconds, and perhaps a fraction of which nine digits count.</summary>
    public static bool TryPax(ReadOnlySpan<byte> text, out ulong time)
    {
        time = 0;
        var dot = text.IndexOf((byte)'.');
        var whole = dot < 0 ? text : text[..dot];
        var fraction = dot < 0 ? [] : text[(dot + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var nanoseconds = 0L;
        for (var i = 0; i < 9; i++)
        {
            nanoseconds = nanoseconds * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        }

        if (whole[0] == (byte)'-' && nanoseconds > 0)
        {
            (seconds, nanoseconds) = (seconds - 1, 1_000_000_000 - nanoseconds);
        }

        time = Of(seconds, nanoseconds);
        return true;
    }
}
