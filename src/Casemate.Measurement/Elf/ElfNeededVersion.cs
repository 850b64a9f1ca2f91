namespace Casemate.Measurement.Elf;

/// <summary>A version of symbols that a file needs. Source: Linux Standard Base Core, "Symbol Versioning", Elfxx_Vernaux.</summary>
/// <param name="Name">The version, such as <c>GLIBC_2.34</c>.</param>
/// <param name="Hash">The hash of the name, by which the loader compares first.</param>
/// <param name="IsWeak">Whether the loader only warns when the library does not have it.</param>
/// <param name="Index">The number that the symbols of this file refer to it by.</param>
public sealed record ElfNeededVersion(string Name, uint Hash, bool IsWeak, ushort Index);
