namespace Casemate.Oci.Signatures;

/// <summary>One question that verification of a signature asked, with both sides as the reader should see them.</summary>
/// <param name="Id">Which question.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Expected">What would pass.</param>
/// <param name="Actual">What was found.</param>
public sealed record SignatureCheck(SignatureCheckId Id, SignatureCheckOutcome Outcome, string Expected, string Actual);
