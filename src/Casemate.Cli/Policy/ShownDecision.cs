using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.KataPolicy;
using Casemate.Rego;

namespace Casemate.Cli.Policy;

/// <summary>One decision with its reason, ready to be shown.</summary>
internal sealed record ShownDecision(AgentRequest Request, AgentDecision Decision, AgentFault? Fault, string Container, int Line,
    IReadOnlyList<string> Rules)
{
    public static ShownDecision Of(AgentPolicy policy, RegoState state, AgentRequest request, AgentDecision decision)
    {
        if (decision.Allowed)
        {
            return new ShownDecision(request, decision, null, "", 0, []);
        }

        var fault = policy.FindFault(state, request);
        var container = policy.NameContainer(state, request);
        var line = fault is null || container.Length == 0 ? 0 : PolicyPlace.LineOf(policy.Text, container, fault.Path);
        return new ShownDecision(request, decision, fault, container, line, fault is null ? policy.Explain(state, request) : []);
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

        if (Line > 0)
        {
            console.Out.WriteLine($"  policy    line {Line}, container '{ErrorText.OneLine(Container)}'");
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
        if (Fault is { } fault)
        {
            json.WriteString("container", Container);
            json.WriteString("check", fault.Check);
            json.WriteString("field", fault.Path);
            json.WriteString("expected", fault.Expected);
            json.WriteString("got", fault.Got);
            json.WriteNumber("policyLine", Line);
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
