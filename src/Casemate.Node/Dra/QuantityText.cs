using System.Globalization;

namespace Casemate.Node.Dra;

/// <summary>Amounts of memory in the one form that an API server would give them back in.</summary>
internal static class QuantityText
{
    private static readonly string[] Suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

    /// <summary>In the largest binary unit that is exact (apimachinery: canonical form).</summary>
    public static string Of(long bytes)
    {
        var unit = 0;
        while (bytes != 0 && bytes % 1024 == 0 && unit < Suffixes.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + Suffixes[unit];
    }
}
