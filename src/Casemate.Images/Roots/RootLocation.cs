using System.Collections.Immutable;

namespace Casemate.Images.Roots;

/// <summary>Where a path leads inside a root.</summary>
/// <param name="Path">The path without any link in it.</param>
/// <param name="Entry">What is there; never a link.</param>
/// <param name="Links">The links that were followed, by their own paths, in order.</param>
public sealed record RootLocation(string Path, RootEntry Entry, ImmutableArray<string> Links);
