using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>A policy with the semantics of the Kata agent. Immutable; any number of threads may ask it.</summary>
/// <remarks>Source: kata-containers, src/agent/policy. The agent evaluates <c>data.agent_policy.KIND</c> in the older dialect of
/// Rego.</remarks>
public sealed class AgentPolicy
{
    private static readonly RegoEvaluation s_evaluation = new() { Limits = RegoLimits.Default with { Time = TimeSpan.FromSeconds(2) } };

    private static readonly RegoEvaluation s_printing = s_evaluation with { CollectPrints = true };

    private readonly CompiledPolicy _policy;
    private readonly HashSet<string> _rules;
    private readonly ConcurrentDictionary<string, PreparedQuery?> _queries = new(StringComparer.Ordinal);

    private AgentPolicy(string text, CompiledPolicy policy)
    {
        Text = text;
        _policy = policy;
        _rules = [.. policy.Rules];
        AllowsFailingRequests = Ask("AllowRequestsFailingPolicy")?.Evaluate(null, RegoState.Initial.Data, s_evaluation).IsTrue ?? false;
    }

    /// <summary>The Rego text.</summary>
    public string Text { get; }

    /// <summary>Whether the policy lets through what it denies. Such a policy protects nothing.</summary>
    public bool AllowsFailingRequests { get; }

    /// <summary>Compiles a policy's text.</summary>
    /// <param name="text">The Rego text.</param>
    /// <param name="policy">The policy; null when refused.</param>
    /// <param name="errors">What is wrong; empty after success.</param>
    /// <param name="version">The dialect; the agent reads <see cref="RegoVersion.V0"/>.</param>
    public static bool TryCompile(
        string text, [NotNullWhen(true)] out AgentPolicy? policy, out IReadOnlyList<RegoError> errors, RegoVersion version = RegoVersion.V0)
    {
        var compilation = RegoCompiler.Compile("policy.rego", text, new RegoCompileOptions { Version = version });
        errors = compilation.Errors;
        policy = compilation.Policy is { } compiled ? new AgentPolicy(text, compiled) : null;
        return policy is not null;
    }

    /// <summary>Whether the policy has a rule of that name.</summary>
    public bool Decides(string rule) => _rules.Contains($"data.agent_policy.{rule}");

    /// <summary>Decides on a request.</summary>
    /// <param name="state">What earlier decisions left; <see cref="RegoState.Initial"/> at first.</param>
    /// <param name="request">The request.</param>
    public AgentDecision Decide(RegoState state, AgentRequest request)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(request);
        if (Ask(request.Kind) is not { } query)
        {
            return Failed(state, $"the policy has no rule named {request.Kind}");
        }

        var decision = Decide(state, request, query.Evaluate(request.Input, state.Data, s_evaluation));
        return decision is { Allowed: false, IsError: false } ? Denied(query, state, request) : decision;
    }

    // The decision without the words of a denial.
    private static AgentDecision Decide(RegoState state, AgentRequest request, RegoResult result)
    {
        if (result.Error is { } error)
        {
            return Failed(state, error.ToString());
        }

        if (result.Bindings.Count > 1)
        {
            return Failed(state, $"{request.Kind} has more than one value");
        }

        switch (result.Value)
        {
            case RegoBoolean { Value: true }:
                return new AgentDecision { Allowed = true, State = state };
            case RegoBoolean:
                return new AgentDecision { Allowed = false, State = state };
            case RegoObject answer when answer["allowed"] is RegoBoolean allowed:
                return allowed.Value ? Applied(state, answer["ops"]) : new AgentDecision { Allowed = false, State = state };
            default:
                return Failed(state, $"{request.Kind} has no value that is a decision");
        }
    }

    /// <summary>Whether a request is allowed, without a word about why not: what is tried by the thousand needs no message.</summary>
    internal bool Allows(RegoState state, AgentRequest request) =>
        AllowsFailingRequests
        || (Ask(request.Kind) is { } query && Decide(state, request, query.Evaluate(request.Input, state.Data, s_evaluation)).Allowed);

    /// <summary>Says which check a denied request failed first; null when the policy is not of Casemate's making or does not say.</summary>
    /// <param name="state">The state that the request met.</param>
    /// <param name="request">The request.</param>
    public AgentFault? FindFault(RegoState state, AgentRequest request)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(request);
        var rule = request.Kind switch
        {
            "CreateContainerRequest" => "create_fault",
            "CreateSandboxRequest" => "sandbox_fault",
            "ExecProcessRequest" => "exec_fault",
            _ => null,
        };
        return rule is not null && Ask(rule)?.Evaluate(request.Input, state.Data, s_evaluation).Value is RegoArray { Count: 4 } fault
            ? new AgentFault(Text(fault[0]), Text(fault[1]), fault[2].ToJson(), fault[3].ToJson())
            : null;

        static string Text(RegoValue value) => value is RegoString text ? text.Value : value.ToJson();
    }

    /// <summary>The container that a request is about; empty when it is about the sandbox, or the policy does not say.</summary>
    /// <param name="state">The state that the request met.</param>
    /// <param name="request">The request.</param>
    public string NameContainer(RegoState state, AgentRequest request)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(request);
        return request.Kind is "CreateContainerRequest" or "ExecProcessRequest"
            && Ask("c")?.Evaluate(request.Input, state.Data, s_evaluation).Value is RegoObject container
                && container["name"] is RegoString name
            ? name.Value
            : "";
    }

    /// <summary>Why a policy that is not of Casemate's making denied a request: the rules that failed, on one line each.</summary>
    /// <param name="state">The state that the request met.</param>
    /// <param name="request">The request.</param>
    public IReadOnlyList<string> Explain(RegoState state, AgentRequest request)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(request);
        return Ask(request.Kind) is { } query
            ? [.. query.Explain(request.Input, state.Data, s_evaluation, out _).Select(one => one.ToLine())]
            : [];
    }

    private static AgentDecision Applied(RegoState state, RegoValue? operations)
    {
        if (operations is null or RegoNull)
        {
            return new AgentDecision { Allowed = true, State = state };
        }

        return state.TryApply(operations, out var error) is { } next
            ? new AgentDecision { Allowed = true, State = next }
            : Failed(state, $"the change of state cannot be made: {error}");
    }

    private static AgentDecision Failed(RegoState state, string why) =>
        new() { Allowed = false, State = state, Message = why, IsError = true };

    // Denials are rare and printing costs: what was said is asked for only now.
    private AgentDecision Denied(PreparedQuery query, RegoState state, AgentRequest request)
    {
        if (AllowsFailingRequests)
        {
            return new AgentDecision { Allowed = true, State = state };
        }

        var said = string.Join(' ', query.Evaluate(request.Input, state.Data, s_printing).Prints);
        return new AgentDecision
        {
            Allowed = false,
            State = state,
            Message = $"{request.Kind} is blocked by policy: {(said.Length > 0 ? said : "no rule of it allows this, and none says why")}",
        };
    }

    private PreparedQuery? Ask(string rule) => _queries.GetOrAdd(
        rule, static (rule, self) =>
            self._rules.Contains($"data.agent_policy.{rule}") ? self._policy.Prepare($"data.agent_policy.{rule}") : null,
        this);
}
