using System.Collections.Immutable;
using Casemate.Images.Closure;
using Casemate.Images.Packages;
using Casemate.Oci.Layers;
using Casemate.Oci.Tar;

namespace Casemate.Images.Packing;

/// <summary>A file, link or directory of the image.</summary>
/// <param name="Path">Its path in the image, absolute.</param>
/// <param name="Kind">
/// <see cref="TarEntryKind.File"/>, <see cref="TarEntryKind.SymbolicLink"/> or <see cref="TarEntryKind.Directory"/>.
/// </param>
/// <param name="Layer">The layer that it lies in.</param>
/// <param name="Mode">Permission bits in the image: 0755 or 0644 for files, whatever they are in the root.</param>
/// <param name="Reasons">Why it is in, the first reason first.</param>
public sealed record PackedFile(string Path, TarEntryKind Kind, PackLayer Layer, int Mode, ImmutableArray<ClosureReason> Reasons)
{
    /// <summary>What a link says; empty for anything else.</summary>
    public string LinkTarget { get; init; } = "";

    /// <summary>A file's content; empty for anything else.</summary>
    public ContentSource Content { get; init; } = ContentSource.Empty;

    /// <summary>SHA-256 of a file as 64 lower-case hexadecimal digits; null for anything else.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The package that it came with; null when it is made here or no database lists it.</summary>
    public PackageOrigin? Package { get; init; }

    /// <summary>Bytes of a file; 0 for anything else.</summary>
    public long Size => Kind is TarEntryKind.File ? Content.Size : 0;
}
