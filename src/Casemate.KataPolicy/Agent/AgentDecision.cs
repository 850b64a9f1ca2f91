using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>What the agent answers to one request.</summary>
public sealed record AgentDecision
{
    /// <summary>Whether the request is carried out.</summary>
    public required bool Allowed { get; init; }

    /// <summary>The state that the next request meets.</summary>
    public required RegoState State { get; init; }

    /// <summary>What the host is told of a denial; empty when allowed.</summary>
    public string Message { get; init; } = "";

    /// <summary>Whether the answer is an error (INTERNAL) and not a denial (PERMISSION_DENIED): the policy came to no decision.</summary>
    public bool IsError { get; init; }
}
