namespace Casemate.Attestation.Policy;

/// <summary>A bit pattern to compare under a mask: <c>(actual &amp; Mask) == Value</c>, byte by byte.</summary>
/// <param name="Value">Expected bits, in the memory order of the field.</param>
/// <param name="Mask">Bits to compare; as long as <paramref name="Value"/>.</param>
public sealed record MaskedValue(byte[] Value, byte[] Mask)
{
    /// <summary>Expected bits, in the memory order of the field.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public byte[] Value { get; init => field = PolicyValue.NotNull(value); } = PolicyValue.NotNull(Value);

    /// <summary>Bits to compare; as long as <see cref="Value"/>.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public byte[] Mask { get; init => field = PolicyValue.NotNull(value); } = PolicyValue.NotNull(Mask);

    /// <summary>True when <paramref name="actual"/> has the right length and agrees in every masked bit.</summary>
    public bool Matches(ReadOnlySpan<byte> actual)
    {
        if (actual.Length != Value.Length || Mask.Length != Value.Length)
        {
            return false;
        }

        for (var i = 0; i < actual.Length; i++)
        {
            if ((actual[i] & Mask[i]) != Value[i])
            {
                return false;
            }
        }

        return true;
    }
}
