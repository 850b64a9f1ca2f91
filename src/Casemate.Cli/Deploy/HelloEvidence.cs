namespace Casemate.Cli.Deploy;

/// <summary>What the sample workload said.</summary>
/// <param name="Bundle">The evidence, as the quote helper gave it; not read yet.</param>
/// <param name="Pod">The pod that said it.</param>
/// <param name="Node">Its node.</param>
internal sealed record HelloEvidence(byte[] Bundle, string Pod, string Node);
