namespace Casemate.Measurement.Elf;

/// <summary>One entry of the dynamic segment.</summary>
/// <param name="Tag">What it says.</param>
/// <param name="Value">A number, an address or an offset in the strings, as the tag wants.</param>
public readonly record struct ElfDynamicEntry(ElfDynamicTag Tag, ulong Value);
