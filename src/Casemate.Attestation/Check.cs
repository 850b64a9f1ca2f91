namespace Casemate.Attestation;

/// <summary>One question that verification asked, with both sides as the reader should see them.</summary>
/// <param name="Id">Which question.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Expected">What would pass, in words or as lower-case hex.</param>
/// <param name="Actual">What was found, in words or as lower-case hex.</param>
public sealed record Check(CheckId Id, CheckOutcome Outcome, string Expected, string Actual);
