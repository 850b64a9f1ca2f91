using System.Diagnostics.CodeAnalysis;

namespace Casemate.Rego;

/// <summary>The outcome of a compilation: a policy, or every error of the first phase that found one.</summary>
public sealed class RegoCompilation
{
    internal RegoCompilation(CompiledPolicy? policy, IReadOnlyList<RegoError> errors) => (Policy, Errors) = (policy, errors);

    /// <summary>The policy; null when there are errors.</summary>
    public CompiledPolicy? Policy { get; }

    /// <summary>What is wrong, by file, line and column; empty after success.</summary>
    public IReadOnlyList<RegoError> Errors { get; }

    /// <summary>Whether there is a policy.</summary>
    [MemberNotNullWhen(true, nameof(Policy))]
    public bool Succeeded => Policy is not null;
}
