using System.Collections.Immutable;

namespace Casemate.Oci.Signatures;

/// <summary>All signatures of an image that were found, each with its verdict.</summary>
/// <param name="Image">The digest of the manifest or index.</param>
/// <param name="Verdicts">The verdicts, in the order in which the signatures were found.</param>
public sealed record ImageSignatures(Digest Image, ImmutableArray<SignatureVerdict> Verdicts)
{
    /// <summary>True when at least one signature is accepted. Others, such as those of other keys, do not matter.</summary>
    public bool Accepted => !Verdicts.IsDefault && Verdicts.Any(verdict => verdict.Accepted);
}
