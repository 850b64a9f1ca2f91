using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.KataPolicy;
using Casemate.Rego;

namespace Casemate.Cli.Policy;

/// <summary>One decision with its reason, ready to be shown.</summary>
internal sealed record ShownDecision(AgentRequest Request, AgentDecision Decision, AgentFault? Fault, string Container, int Line,
    string Reason, IReadOnlyList<string> Rules)
{
    public static ShownDecision Of(AgentPolicy policy, RegoState state, AgentRequest request, AgentDecision decision)
    {
        if (decision.Allowed)
        {
            return new ShownDecision(request, decision, null, "", 0, "", []);
        }

        var fault = policy.FindFault(state, request);
        var container = policy.NameContainer(state, request);
        var line = LineOf(policy.Text, request.Kind, container, fault, out var isDefault);
        var rules = fault is null ? policy.Explain(state, request) : [];
        var reason = fault is not null ? $"the check '{fault.Check}' failed at {fault.Path}"
            : decision.IsError ? decision.Message
            : isDefault ? $"the policy denies {request.Kind} by default, and no rule of it allows it"
            : "no rule that could allow it held";
        return new ShownDecision(request, decision, fault, container, line, reason, rules);
    }

    // Where the policy says so: the container's field, what a container that it does not know was looked for in, or the request's rule.
    private static int LineOf(string policy, string kind, string container, AgentFault? fault, out bool isDefault)
    {
        isDefault = false;
        var line = fault is null ? 0
            : container.Length > 0 ? PolicyPlace.LineOf(policy, container, fault.Path)
            : kind is "CreateContainerRequest" or "ExecProcessRequest" ? PolicyPlace.LineOfMember(policy, "containers")
            : fault.Path == "storages" ? PolicyPlace.LineOfMember(policy, "sandbox")
            : 0;
        return line > 0 ? line : PolicyPlace.LineOfRule(policy, kind, out isDefault);
    }

    public void Write(ConsoleOutput console)
    {
        if (Decision.Allowed)
        {
            console.Out.WriteLine($"{console.Paint(Tone.Good, "allowed")}  {Request.Kind}");
            return;
        }

        console.Out.WriteLine($"{console.Paint(Tone.Bad, Decision.IsError ? "error" : "denied")}   {ErrorText.OneLine(Decision.Message)}");
        if (Fault is { } fault)
        {
            console.Out.WriteLine($"  check     {ErrorText.OneLine(fault.Check)}");
            console.Out.WriteLine($"  field     {ErrorText.OneLine(fault.Path)}");
            console.Out.WriteLine($"  expected  {ErrorText.OneLine(fault.Expected)}");
            console.Out.WriteLine($"  got       {ErrorText.OneLine(fault.Got)}");
        }

        else if (!Decision.IsError)
        {
            console.Out.WriteLine($"  reason    {ErrorText.OneLine(Reason)}");
        }

        if (Line > 0)
        {
            console.Out.WriteLine($"  policy    line {Line}{(Container.Length > 0 ? $", container '{ErrorText.OneLine(Container)}'" : "")}");
        }

        foreach (var rule in Rules)
        {
            console.Out.WriteLine($"  rule      {ErrorText.OneLine(rule)}");
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("kind", Request.Kind);
        json.WriteBoolean("allowed", Decision.Allowed);
        json.WriteString("message", Decision.Message);
        if (Decision.Allowed)
        {
            return;
        }

        json.WriteString("reason", Reason);
        json.WriteString("container", Container.Length > 0 ? Container : null);
        if (Line > 0)
        {
            json.WriteNumber("policyLine", Line);
        }
        else
        {
            json.WriteNull("policyLine");
        }

        if (Fault is { } fault)
        {
            json.WriteString("check", fault.Check);
            json.WriteString("field", fault.Path);
            json.WriteString("expected", fault.Expected);
            json.WriteString("got", fault.Got);
        }

        if (Rules.Count > 0)
        {
            json.WriteStartArray("rules");
            foreach (var rule in Rules)
            {
                json.WriteStringValue(rule);
            }

            json.WriteEndArray();
        }
    }
}
