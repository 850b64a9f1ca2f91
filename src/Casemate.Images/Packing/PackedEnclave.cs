using System.Collections.Immutable;
using Casemate.Measurement.Enclave;

namespace Casemate.Images.Packing;

/// <summary>An enclave of an image, after its signature was verified.</summary>
/// <param name="Path">Its path in the image.</param>
/// <param name="Report">All that its inspection found.</param>
public sealed record PackedEnclave(string Path, EnclaveReport Report)
{
    /// <summary>The identities in which it can be loaded, in the order of the file, each once.</summary>
    public ImmutableArray<EnclaveIdentity> Identities { get; } =
        [.. Report.Variants.Select(EnclaveIdentity.Of).OfType<EnclaveIdentity>().Distinct()];

    /// <summary>Whether MRENCLAVE was recomputed for every way of loading; otherwise it is what the signer claims.</summary>
    public bool IsRecomputed => Report.Variants.All(variant => variant.State is MrEnclaveState.Matches);

    /// <summary>
    /// Bytes of protected memory that it takes when it starts, of the largest way of loading; null where that is unknown.
    /// </summary>
    public ulong? MinimumEpcBytes => Report.Variants.All(variant => variant.Epc is not null)
        ? Report.Variants.Max(variant => variant.Epc!.StartBytes) : null;

    /// <summary>Bytes of protected memory to ask for; null where that is unknown.</summary>
    public ulong? SuggestedEpcBytes =>
        Report.Variants.All(variant => variant.Epc is not null) ? Report.Variants.Max(variant => variant.Epc!.SuggestedBytes) : null;
}
