namespace Casemate.KataPolicy;

/// <summary>The first check that a denied request failed.</summary>
/// <param name="Check">The check, in a word or two.</param>
/// <param name="Path">The field of the request, such as <c>OCI.Process.Args</c>.</param>
/// <param name="Expected">What the policy wants, as JSON.</param>
/// <param name="Got">What the request has, as JSON.</param>
public sealed record AgentFault(string Check, string Path, string Expected, string Got);
