namespace Casemate.Node.Health;

/// <summary>One thing that is wrong with a node's hardware.</summary>
/// <param name="Id">Which kind.</param>
/// <param name="Message">One sentence with paths and numbers.</param>
public sealed record HealthProblem(HealthProblemId Id, string Message);
