using System.Collections.Immutable;

namespace Casemate.Measurement.Elf;

/// <summary>The versions of symbols that a file needs of one library. Source: Linux Standard Base Core, "Symbol Versioning".</summary>
/// <param name="File">The library, by the name under which it is needed.</param>
/// <param name="Versions">The versions.</param>
public sealed record ElfVersionNeed(string File, ImmutableArray<ElfNeededVersion> Versions);
