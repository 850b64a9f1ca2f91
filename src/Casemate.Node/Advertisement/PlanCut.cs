namespace Casemate.Node.Advertisement;

/// <summary>EPC, or a resource, that is not offered.</summary>
/// <param name="What">A resource name, or <c>EPC</c>.</param>
/// <param name="Bytes">How much EPC; 0 for a resource that gives no memory.</param>
/// <param name="Reason">Why: one sentence.</param>
public sealed record PlanCut(string What, long Bytes, string Reason);
