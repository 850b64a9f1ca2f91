using System.Text.Json.Nodes;
using Casemate.Rego;

namespace Casemate.KataPolicy.Tests;

/// <summary>A policy with the honest requests of its pod, of which tests change one.</summary>
internal sealed class TriedPolicy
{
    private readonly List<JsonRequest> _honest;

    internal TriedPolicy(PolicyData data)
    {
        Assert.True(AgentPolicy.TryCompile(AgentPolicyText.Write(data), out var policy, out var errors), string.Join('\n', errors));
        Policy = policy;
        _honest = [.. HonestRequests.Json(data).Select(one => one.Whole())];
    }

    internal AgentPolicy Policy { get; }

    /// <summary>The honest request of that kind and number, and the state that it meets.</summary>
    internal (JsonRequest Request, RegoState State) Next(string kind, int number = 0)
    {
        var state = RegoState.Initial;
        foreach (var request in _honest)
        {
            if (request.Kind == kind && number-- == 0)
            {
                return (request with { Body = request.Body.DeepClone().AsObject() }, state);
            }

            state = Decided(state, request).State;
        }

        throw new InvalidOperationException($"there is no such {kind}");
    }

    /// <summary>The answer to an honest request that was changed.</summary>
    internal AgentDecision Decide(string kind, int number, Action<JsonObject> change)
    {
        var (request, state) = Next(kind, number);
        change(request.Body);
        return Policy.Decide(state, request.Read());
    }

    /// <summary>Asserts that a changed request is denied by the named check, and that the denial is one short line.</summary>
    internal string Refuses(string kind, int number, string check, Action<JsonObject> change)
    {
        var (request, state) = Next(kind, number);
        change(request.Body);
        var decision = Policy.Decide(state, request.Read());
        Assert.False(decision.Allowed);
        Assert.False(decision.IsError, decision.Message);
        Assert.Contains($"denied by {check} ", decision.Message, StringComparison.Ordinal);
        Assert.True(decision.Message.Length < 1000, decision.Message);
        Assert.DoesNotContain("undefined", decision.Message, StringComparison.Ordinal);
        if (Policy.FindFault(state, request.Read()) is { } fault)
        {
            Assert.Equal(check, fault.Check);
        }

        return decision.Message;
    }

    internal AgentDecision Decided(RegoState state, JsonRequest request)
    {
        var decision = Policy.Decide(state, request.Read());
        Assert.True(decision.Allowed, decision.Message);
        return decision;
    }
}
