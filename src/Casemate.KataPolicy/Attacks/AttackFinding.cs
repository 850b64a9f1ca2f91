namespace Casemate.KataPolicy;

/// <summary>An attack that a policy allowed, or an honest request that it denied.</summary>
/// <param name="Attack">What was tried, in words.</param>
/// <param name="Kind">The request.</param>
/// <param name="Container">The container; empty for requests about the sandbox.</param>
/// <param name="Path">The field at fault; empty when the attack is not about one field.</param>
/// <param name="Detail">What was put there, or why an honest request was denied.</param>
public sealed record AttackFinding(string Attack, string Kind, string Container, string Path, string Detail);
