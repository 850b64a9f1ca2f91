namespace Casemate.Attestation;

/// <summary>
/// A private copy of the signed report of evidence that passed every authenticity check, read into claims at first use: many a
/// verdict is only asked whether it accepts.
/// </summary>
internal abstract class ClaimsSource
{
    /// <summary>Reads the claims.</summary>
    public abstract EvidenceClaims Read();
}
