using System.Security.Cryptography;

namespace Casemate.Attestation.Pki;

/// <summary>Finds PEM blocks (RFC 7468) in time proportional to the text, whatever the text is.</summary>
/// <remarks>
/// <see cref="PemEncoding"/> alone looks for the end of every BEGIN anew, so that a text of many BEGINs without an END costs the
/// square of its length: minutes for a few megabytes. It is therefore only ever shown one END and the last BEGIN before it.
/// </remarks>
internal static class PemBlock
{
    /// <summary>Finds the next well-formed block on lines of its own; what is none is skipped.</summary>
    /// <param name="rest">The text; afterwards what follows the block.</param>
    /// <param name="block">A part of the text with the block in it.</param>
    /// <param name="fields">Where in <paramref name="block"/> label and content lie.</param>
    public static bool TryFindNext(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> block, out PemFields fields)
    {
        var end = "-----END "u8;
        var dashes = "-----"u8;
        while (rest.IndexOf(end) is var at and >= 0)
        {
            var label = rest[(at + end.Length)..];
            if (label.IndexOf(dashes) is not (var length and >= 0))
            {
                break;
            }

            // A boundary counts only at the end of the text or beside white space, so what stands there is shown as well; two octets
            // after it, because the base library takes no notice of the very last one.
            var after = at + end.Length + length + dashes.Length;
            var begin = rest[..at].LastIndexOf("-----BEGIN "u8);
            block = begin < 0 ? default : rest[Math.Max(0, begin - 1)..Math.Min(rest.Length, after + 2)];
            if (PemEncoding.TryFindUtf8(block, out fields))
            {
                rest = rest[after..];
                return true;
            }

            rest = label;                                                   // only words like an END line, or another label's
        }

        block = default;
        fields = default;
        return false;
    }
}
