using System.Diagnostics.CodeAnalysis;
using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Measurement.Elf;

/// <summary>A string table, read in place: strings that end with a zero byte. Source: System V gABI, "String Table".</summary>
/// <param name="Bytes">The table.</param>
public readonly record struct ElfStringTable(ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The string at an offset, without its zero byte. Never throws.</summary>
    /// <param name="offset">Bytes from the start of the table.</param>
    /// <param name="text">The bytes; empty when there are none.</param>
    /// <returns>False when the offset is outside, or no zero byte follows inside the table.</returns>
    public bool TryGet(ulong offset, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (offset >= (ulong)Bytes.Length)
        {
            return false;
        }

        var rest = Bytes.Span[(int)offset..];
        var end = rest.IndexOf((byte)0);
        if (end < 0)
        {
            return false;
        }

        text = rest[..end];
        return true;
    }

    /// <summary>The string at an offset, as text. Never throws.</summary>
    /// <param name="offset">Bytes from the start of the table.</param>
    /// <param name="text">The text; null after false.</param>
    /// <param name="maxBytes">The most bytes that it may have.</param>
    /// <returns>False when there is no such string, it is longer, or it is not UTF-8.</returns>
    public bool TryGetText(ulong offset, [NotNullWhen(true)] out string? text, int maxBytes = ElfLimits.NameBytes)
    {
        text = null;
        return TryGet(offset, out var bytes) && bytes.Length <= maxBytes && TryDecode(bytes, out text);
    }

    internal static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = StrictUtf8.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = null;
            return false;
        }
    }
}
