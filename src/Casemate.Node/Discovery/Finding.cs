namespace Casemate.Node.Discovery;

/// <summary>Something odd, broken or worth knowing about a node's hardware.</summary>
/// <param name="Id">Which kind; public API.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Message">What was found, with paths and numbers: one sentence.</param>
/// <param name="Remedy">What to do about it: one sentence; empty when there is nothing to do.</param>
public sealed record Finding(FindingId Id, FindingSeverity Severity, string Message, string Remedy);
