namespace Casemate.Fuzz;

/// <summary>A property that an input broke.</summary>
public sealed class FuzzFailure(string property, ReadOnlySpan<byte> input)
    : Exception($"{property}; input ({input.Length} bytes): {Convert.ToHexStringLower(input[..Math.Min(input.Length, 4096)])}");
