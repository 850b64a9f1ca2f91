using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Rego;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy test</c>.</summary>
internal sealed class PolicyTestCommand : CliCommand
{
    private readonly Argument<string> _policy = new("POLICY") { Description = $"The policy: {PolicyInput.Forms}." };

    private readonly Argument<string> _cases = new("CASES")
    {
        Description = "Recorded requests, one JSON object a line: {\"kind\": …, \"request\": {…}, \"allowed\": true}; '-' for standard "
            + "input. Fields that are missing have their defaults. Also the agent's own log, policy.jsonl, and what 'policy requests' "
            + "prints.",
    };

    private readonly Option<string?> _workload = ChosenPolicy.Option(isNeeded: true);

    public PolicyTestCommand()
        : base(
            "test", "Put recorded requests to a policy in order, with the state that the agent keeps, and show for each denial the "
                + "check and "
            + "the field at fault. Exit code 0 no answer is other than expected, 1 one is, 3 an input is malformed.",
            new CommandExample("A recording", "casemate policy test app.yaml requests.jsonl"),
            new CommandExample("For a script", "casemate policy test policy.rego requests.jsonl -o json"))
    {
        Add(_policy);
        Add(_cases);
        Add(_workload);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        PolicyInput.RequireOneStandardInput(context.Arguments.GetValue(_policy), context.Arguments.GetValue(_cases));
        var policy = ChosenPolicy.ReadOne(context, context.Arguments.GetValue(_policy)!, context.Arguments.GetValue(_workload)).Compile();
        var cases = PolicyCases.Read(context, context.Arguments.GetValue(_cases)!, out var answers);
        var state = RegoState.Initial;
        var (wrong, unjudged) = (0, 0);
        foreach (var (line, recorded) in cases)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var decision = policy.Decide(state, recorded.Request);
            var shown = ShownDecision.Of(policy, state, recorded.Request, decision);
            bool? asExpected = recorded.Allowed is { } expected ? decision.Allowed == expected : null;
            wrong += asExpected is false ? 1 : 0;
            unjudged += asExpected is null ? 1 : 0;
            state = decision.State;
            if (context.Console.Format is not OutputFormat.Table)
            {
                context.Console.WriteDocumentOfMany(json =>
                {
                    json.WriteNumber("line", line);
                    if (asExpected is { } judged)
                    {
                        json.WriteBoolean("asExpected", judged);
                    }
                    else
                    {
                        json.WriteNull("asExpected");
                    }

                    shown.Write(json);
                });
            }
            else if (asExpected is not true || context.Console.Verbose)
            {
                context.Console.Out.WriteLine(
                    $"line {line}{(recorded.Description.Length > 0 ? $", {ErrorText.OneLine(recorded.Description)}" : "")}"
                    + asExpected switch
                    {
                        true => "",
                        false => $": {context.Console.Paint(Tone.Bad, $"should be {(recorded.Allowed == true ? "allowed" : "denied")}")}",
                        null => $": {context.Console.Paint(Tone.Caution, "no expectation")}",
                    });
                shown.Write(context.Console);
            }
        }

        if (cases.Count == 0)
        {
            throw CliException.BadInput("there are no requests to put to the policy", "A line is {\"kind\": …, \"request\": {…}, "
                + "\"allowed\": true}.");
        }

        context.Console.Note(
            (cases.Count == 1 ? "1 request" : $"{cases.Count} requests") + (unjudged < cases.Count ? $", {wrong} not as expected" : "")
            + (unjudged > 0 ? $", {unjudged} without an expectation" : "")
            + (answers > 0 ? $"; {answers} answers of the agent's log passed over" : ""));
        return Task.FromResult(wrong == 0 ? ExitCode.Success : ExitCode.Refused);
    }
}
