namespace Casemate.Measurement.Enclave;

/// <summary>Something that an inspection found.</summary>
/// <param name="Id">What, to branch on.</param>
/// <param name="Severity">How grave.</param>
/// <param name="Message">What exactly, in one sentence.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record EnclaveFinding(EnclaveFindingId Id, EnclaveFindingSeverity Severity, string Message, string Remedy);
