namespace Casemate.Node.Resources;

/// <summary>
/// The ids of devices: as short as possible, since the kubelet gets all of them in one message of at most 4 MiB. Numbers in base 64
/// without leading zeros: one character up to 64 devices, two up to 4,096, three up to 262,144.
/// </summary>
public static class EpcDeviceIds
{
    private const int Base = 64;
    private static ReadOnlySpan<byte> Alphabet => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"u8;

    /// <summary>How many devices ids are made for: 262,144, which already exceeds what the kubelet takes.</summary>
    public const int MaxCount = Base * Base * Base;

    /// <summary>The id of a device.</summary>
    /// <param name="index">0 to <see cref="MaxCount"/> − 1.</param>
    public static string Of(int index)
    {
        Span<char> id = stackalloc char[LengthOf(index)];
        for (var i = id.Length - 1; i >= 0; i--)
        {
            id[i] = (char)Alphabet[index % Base];
            index /= Base;
        }

        return new string(id);
    }

    /// <summary>Writes the id of a device in ASCII.</summary>
    /// <param name="index">0 to <see cref="MaxCount"/> − 1.</param>
    /// <param name="destination">At least <see cref="LengthOf"/> bytes.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(int index, Span<byte> destination)
    {
        var length = LengthOf(index);
        for (var i = length - 1; i >= 0; i--)
        {
            destination[i] = Alphabet[index % Base];
            index /= Base;
        }

        return length;
    }

    /// <summary>The number of characters of a device's id.</summary>
    /// <param name="index">0 to <see cref="MaxCount"/> − 1.</param>
    public static int LengthOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, MaxCount);
        return index < Base ? 1 : index < Base * Base ? 2 : 3;
    }

    /// <summary>The device of an id.</summary>
    /// <returns>False for everything that <see cref="Of"/> does not give.</returns>
    public static bool TryRead(string id, out int index)
    {
        index = 0;
        if (id is not { Length: >= 1 and <= 3 })
        {
            return false;
        }

        foreach (var c in id)
        {
            var digit = c < 0x80 ? Alphabet.IndexOf((byte)c) : -1;
            if (digit < 0)
            {
                index = 0;
                return false;
            }

            index = (index * Base) + digit;
        }

        if (LengthOf(index) == id.Length)
        {
            return true;
        }

        index = 0;
        return false;
    }
}
