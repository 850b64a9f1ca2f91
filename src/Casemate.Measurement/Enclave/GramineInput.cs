namespace Casemate.Measurement.Enclave;

/// <summary>The files that make a Gramine enclave.</summary>
/// <param name="Manifest">The manifest as it is loaded (<c>.manifest.sgx</c>).</param>
public sealed record GramineInput(ReadOnlyMemory<byte> Manifest)
{
    /// <summary>The signature structure (<c>.sig</c>); empty when there is none.</summary>
    public ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary><c>libpal.so</c> of the Gramine installation; empty when it is not there, so that nothing can be recomputed.</summary>
    public ReadOnlyMemory<byte> Libpal { get; init; }

    /// <summary>
    /// The release that the caller says it is, one of <see cref="GramineRelease.Known"/>; null: recognised by the digest of
    /// <c>libpal.so</c>, or by the one layout that gives the signed value.
    /// </summary>
    public string? Release { get; init; }
}
