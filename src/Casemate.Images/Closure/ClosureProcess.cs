using System.Collections.Immutable;

namespace Casemate.Images.Closure;

/// <summary>What a process has loaded when its program starts, and what was added for it.</summary>
/// <param name="Program">The program's path in the root; null for libraries without a program.</param>
/// <param name="Loader">The dynamic loader's path as the program names it; null for a static program.</param>
/// <param name="Libraries">The program, its loader and its libraries, in the order of loading.</param>
public sealed record ClosureProcess(string? Program, string? Loader, ImmutableArray<LoadedLibrary> Libraries);
