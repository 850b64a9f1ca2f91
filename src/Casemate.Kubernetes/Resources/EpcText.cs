using System.Globalization;

namespace Casemate.Kubernetes;

/// <summary>Amounts of EPC as people write them.</summary>
public static class EpcText
{
    private const long KiB = 1024;
    private const long MiB = KiB * 1024;
    private const long GiB = MiB * 1024;

    /// <summary>In the largest unit that is exact from KiB to GiB, such as <c>168 MiB</c>, with separators; bytes otherwise.</summary>
    /// <param name="bytes">Any amount.</param>
    public static string Of(long bytes) => bytes switch
    {
        0 => "0 bytes",
        _ when bytes % GiB == 0 => Number(bytes / GiB) + " GiB",
        _ when bytes % MiB == 0 => Number(bytes / MiB) + " MiB",
        _ when bytes % KiB == 0 => Number(bytes / KiB) + " KiB",
        _ => Number(bytes) + (bytes is 1 or -1 ? " byte" : " bytes"),
    };

    /// <summary>A number with separators, such as <c>4,194,304</c>.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
