using System.Globalization;

namespace Casemate.Attestation.Pki;

/// <summary>Object identifiers in dotted text.</summary>
internal static class OidText
{
    private const int MaxArcs = 32;

    /// <summary>Encodes a dotted identifier as DER content octets; empty when it is malformed.</summary>
    /// <param name="text">Such as <c>1.3.6.1.5.5.7.3.3</c>: decimal arcs without leading zeros, each below 2^63.</param>
    public static byte[] Encode(string text)
    {
        var arcs = text.Split('.');
        if (arcs.Length is < 2 or > MaxArcs)
        {
            return [];
        }

        var output = new List<byte>(2 * arcs.Length);
        var first = 0UL;
        for (var i = 0; i < arcs.Length; i++)
        {
            if (!ulong.TryParse(arcs[i], NumberStyles.None, CultureInfo.InvariantCulture, out var arc) || arc > long.MaxValue - 80
                || (arcs[i].Length > 1 && arcs[i][0] == '0') || (i == 0 && arc > 2) || (i == 1 && first < 2 && arc > 39))
            {
                return [];
            }

            if (i == 0)
            {
                first = arc;
                continue;
            }

            // The first two arcs share one number (ITU-T X.690 section 8.19.4).
            Add(output, i == 1 ? (first * 40) + arc : arc);
        }

        return [.. output];
    }

    private static void Add(List<byte> output, ulong number)
    {
        var shift = 63;
        while (shift > 0 && number >> shift == 0)
        {
            shift -= 7;
        }

        for (; shift > 0; shift -= 7)
        {
            output.Add((byte)(0x80 | (number >> shift & 0x7F)));
        }

        output.Add((byte)(number & 0x7F));
    }
}
