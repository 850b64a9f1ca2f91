namespace Casemate.Rego.Tests.Reference;

/// <summary>What a literal sees besides its variables: the input, and what the rules before mean under it; null is undefined.</summary>
internal sealed record RandomWorld(RegoObject Input, IReadOnlyList<RegoValue?> Rules);
