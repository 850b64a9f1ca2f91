using System.Collections.Immutable;
using Casemate.Images.Closure;
using Casemate.Oci;
using Casemate.Oci.Documents;

namespace Casemate.Images.Packing;

/// <summary>All that an image will be, before anything of it is written.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="Files">Files, links and directories, sorted by path in ordinal order.</param>
/// <param name="Enclaves">The enclaves, each with a valid signature.</param>
/// <param name="Quotes">Where quotes are made.</param>
/// <param name="Labels">The labels of the image, and annotations of its manifest.</param>
/// <param name="Config">How containers of it are started.</param>
/// <param name="Source">The digest over everything that is packed.</param>
/// <param name="Distribution">The distribution of the root by its <c>ID</c> in <c>os-release</c>; empty when it does not say.</param>
/// <param name="Findings">What is worth knowing, as one sentence each; nothing that is wrong.</param>
public sealed record PackPlan(
    PackOptions Options, ImmutableArray<PackedFile> Files, ImmutableArray<PackedEnclave> Enclaves, QuoteMode Quotes,
    ImmutableSortedDictionary<string, string> Labels, ContainerConfig Config, Digest Source, string Distribution,
    ImmutableArray<string> Findings)
{
    /// <summary>Bytes of all files.</summary>
    public long TotalSize => Files.Sum(file => file.Size);

    /// <summary>The files of a layer, in order.</summary>
    public IEnumerable<PackedFile> InLayer(PackLayer layer) => Files.Where(file => file.Layer == layer);
}
