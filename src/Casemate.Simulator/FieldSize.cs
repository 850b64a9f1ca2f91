namespace Casemate.Simulator;

/// <summary>Checks the sizes of byte fields that a caller sets, so that a mistake is named instead of producing odd evidence.</summary>
internal static class FieldSize
{
    /// <summary>Throws unless <paramref name="value"/> has exactly <paramref name="size"/> bytes.</summary>
    public static void Require(ReadOnlySpan<byte> value, int size, string field)
    {
        if (value.Length != size)
        {
            throw new ArgumentException($"{field} has {value.Length} bytes; it needs exactly {size}.", field);
        }
    }

    /// <summary>
    /// Throws unless <paramref name="value"/> has between <paramref name="minimum"/> and <paramref name="maximum"/> bytes.
    /// </summary>
    public static void RequireRange(ReadOnlySpan<byte> value, int minimum, int maximum, string field)
    {
        if (value.Length < minimum || value.Length > maximum)
        {
            throw new ArgumentException($"{field} has {value.Length} bytes; it needs {minimum} to {maximum}.", field);
        }
    }

    /// <summary>Copies a field of fixed size into place.</summary>
    public static void Put(Span<byte> target, int offset, ReadOnlySpan<byte> value, int size, string field)
    {
        Require(value, size, field);
        value.CopyTo(target[offset..]);
    }
}
