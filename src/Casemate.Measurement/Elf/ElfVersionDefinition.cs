namespace Casemate.Measurement.Elf;

/// <summary>A version of symbols that a library defines. Source: Linux Standard Base Core, "Symbol Versioning", Elfxx_Verdef.</summary>
/// <param name="Name">The version; for the base definition the name of the library.</param>
/// <param name="Hash">The hash of the name.</param>
/// <param name="IsBase">Whether it stands for the library itself and not for a version.</param>
/// <param name="Index">The number that the symbols of this file refer to it by.</param>
public sealed record ElfVersionDefinition(string Name, uint Hash, bool IsBase, ushort Index);
