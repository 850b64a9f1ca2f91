using System.Security.Cryptography;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// A runtime measurement register of a TD: zero at launch, then SHA-384 over the old value and each digest. Source: Intel TDX Module ABI
/// reference, TDG.MR.RTMR.EXTEND.
/// </summary>
public static class Rtmr
{
    /// <summary>Bytes of a register and of a digest.</summary>
    public const int Size = 48;

    /// <summary>How many registers a TD has.</summary>
    public const int Count = 4;

    /// <summary>Extends a register.</summary>
    /// <param name="register">Its 48 bytes, which are replaced.</param>
    /// <param name="digest">The 48 bytes of the digest.</param>
    /// <exception cref="ArgumentException">One of them has another size.</exception>
    public static void Extend(Span<byte> register, ReadOnlySpan<byte> digest)
    {
        if (register.Length != Size || digest.Length != Size)
        {
            throw new ArgumentException($"A register and a digest have {Size} bytes, not {register.Length} and {digest.Length}.");
        }

        Span<byte> input = stackalloc byte[2 * Size];
        register.CopyTo(input);
        digest.CopyTo(input[Size..]);
        SHA384.HashData(input, register);
    }

    /// <summary>The value of one register after events, from zero.</summary>
    /// <param name="number">The register, 0 to 3.</param>
    /// <param name="events">The events of all registers, in order.</param>
    public static byte[] ValueOf(int number, IEnumerable<BootEvent> events)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
        ArgumentNullException.ThrowIfNull(events);
        var value = new byte[Size];
        foreach (var entry in events.Where(e => e.Rtmr == number))
        {
            Extend(value, entry.Digest.Span);
        }

        return value;
    }
}
