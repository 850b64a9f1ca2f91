using System.Numerics;

namespace Casemate.Oci.Signatures;

/// <summary>
/// The one-time authenticator Poly1305. Source: RFC 8439 §2.5. It is computed with the base library's large numbers, which take
/// time that depends on the values: used for opening a local key file, never for traffic that an attacker can time.
/// </summary>
internal static class Poly1305
{
    /// <summary>The size of a tag in bytes.</summary>
    public const int TagSize = 16;

    private static readonly BigInteger s_prime = (BigInteger.One << 130) - 5;
    private static readonly BigInteger s_mask = (BigInteger.One << 128) - 1;

    /// <summary>The tag of <paramref name="message"/> under a key of 32 bytes that is used once.</summary>
    public static byte[] Tag(ReadOnlySpan<byte> message, ReadOnlySpan<byte> oneTimeKey)
    {
        Span<byte> clamped = stackalloc byte[16];
        oneTimeKey[..16].CopyTo(clamped);
        foreach (var i in (ReadOnlySpan<int>)[3, 7, 11, 15])
        {
            clamped[i] &= 15;
        }

        foreach (var i in (ReadOnlySpan<int>)[4, 8, 12])
        {
            clamped[i] &= 252;
        }

        var r = new BigInteger(clamped, isUnsigned: true);
        var sum = BigInteger.Zero;
        Span<byte> block = stackalloc byte[17];
        while (!message.IsEmpty)
        {
            var taken = Math.Min(16, message.Length);
            message[..taken].CopyTo(block);
            block[taken] = 1;
            sum = (sum + new BigInteger(block[..(taken + 1)], isUnsigned: true)) * r % s_prime;
            message = message[taken..];
        }

        var tag = new byte[TagSize];
        ((sum + new BigInteger(oneTimeKey[16..32], isUnsigned: true)) & s_mask).TryWriteBytes(tag, out _, isUnsigned: true);
        return tag;
    }
}
