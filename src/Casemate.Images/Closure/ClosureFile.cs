using System.Collections.Immutable;
using Casemate.Images.Packages;
using Casemate.Images.Roots;

namespace Casemate.Images.Closure;

/// <summary>A file or link of a closure.</summary>
/// <param name="Path">Its path in the root: absolute, without links in its directories.</param>
/// <param name="Kind"><see cref="RootEntryKind.File"/>, <see cref="RootEntryKind.Link"/>, or a <see cref="RootEntryKind.Directory"/> that a link leads to.</param>
/// <param name="Size">Bytes of a file; 0 for a link.</param>
/// <param name="Mode">Permission bits in the root.</param>
/// <param name="Sha256">SHA-256 of a file as 64 lower-case hexadecimal digits; null for a link.</param>
/// <param name="LinkTarget">What a link says; null for a file.</param>
/// <param name="Package">The package that it came with; null when no database of the root lists it.</param>
/// <param name="Reasons">Why it is in, the first reason first.</param>
public sealed record ClosureFile(
    string Path, RootEntryKind Kind, long Size, UnixFileMode Mode, string? Sha256, string? LinkTarget, PackageOrigin? Package,
    ImmutableArray<ClosureReason> Reasons);
