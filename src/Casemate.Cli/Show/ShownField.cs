namespace Casemate.Cli.Show;

/// <summary>One field of evidence as it stands there.</summary>
/// <param name="Name">The field's name in its specification.</param>
/// <param name="Offset">Where it starts, counted from the start of the quote or report.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Hex">Its bytes in memory order, lower case; null when it identifies a machine and was not asked for.</param>
/// <param name="Meaning">The value in words; empty when the bytes say it all.</param>
/// <param name="Bits">Names of the bits that are set; null for a field that has no bits.</param>
internal sealed record ShownField(string Name, int Offset, int Size, string? Hex, string Meaning, IReadOnlyList<string>? Bits)
{
    /// <summary>What stands for a value that identifies a machine.</summary>
    public const string Hidden = "(identifies the machine: --machine-ids shows it)";
}
