namespace Casemate.Images.Closure;

/// <summary>One line of the loader's cache.</summary>
/// <param name="Name">The library's name, by which it is looked up.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Flags">The kind of library: <see cref="LoaderCache.X86_64Flags"/> for ours.</param>
/// <param name="Variant">The subdirectory of <c>glibc-hwcaps</c> that it is for, such as <c>x86-64-v3</c>; null when it is for every processor.</param>
/// <param name="LegacyCapabilities">The processor's features that it asks for in the older way; 0 for none.</param>
public readonly record struct LoaderCacheEntry(string Name, string Path, int Flags, string? Variant, ulong LegacyCapabilities);
