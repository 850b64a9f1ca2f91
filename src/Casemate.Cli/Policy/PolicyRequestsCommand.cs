using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.KataPolicy;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy requests</c>.</summary>
internal sealed class PolicyRequestsCommand : CliCommand
{
    private readonly Argument<string> _policy = new("POLICY") { Description = $"The policy: {PolicyInput.Forms}." };

    private readonly Option<string?> _workload = ChosenPolicy.Option(isNeeded: true);

    public PolicyRequestsCommand()
        : base(
            "requests", "Print the requests that an honest host makes for the pod of a policy, from the creation of its sandbox to its end, one "
            + "JSON object a line: what 'casemate policy check --attack' starts from, and what 'casemate policy test' reads. Exit code 0 done, "
            + "3 the policy cannot be read or was not made by Casemate.",
            new CommandExample("Are they all allowed?", "casemate policy requests app.yaml | casemate policy test app.yaml -"),
            new CommandExample("A start for cases of your own", "casemate policy requests app.yaml --workload Deployment/web > cases.jsonl"))
    {
        Add(_policy);
        Add(_workload);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var chosen = ChosenPolicy.ReadOne(context, context.Arguments.GetValue(_policy)!, context.Arguments.GetValue(_workload));
        var data = chosen.ReadData();
        if (PolicyDataProblems.Find(data) is [var problem, ..])
        {
            throw CliException.BadInput(
                $"the policy in '{chosen.Origin}' contradicts itself, so no host can be honest to it: {problem}", "Generate the policy again.");
        }

        foreach (var recorded in HonestRequests.Record(data))
        {
            cancellationToken.ThrowIfCancellationRequested();
            context.Console.WriteDocumentOfMany(recorded.Write);
        }

        return Task.FromResult(ExitCode.Success);
    }
}
