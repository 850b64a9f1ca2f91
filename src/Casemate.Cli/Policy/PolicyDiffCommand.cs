using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.KataPolicy;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy diff</c>.</summary>
internal sealed class PolicyDiffCommand : CliCommand
{
    private readonly Argument<string> _before = new("BEFORE") { Description = $"The first policy: {PolicyInput.Forms}." };
    private readonly Argument<string> _after = new("AFTER") { Description = "The second policy, written likewise." };

    private readonly Option<string?> _workload = ChosenPolicy.Option(isNeeded: true);

    public PolicyDiffCommand()
        : base(
            "diff", "Compare what two policies allow, container by container. Exit code 0 they allow the same, 1 they do not or their "
                + "rules are neither Casemate's own nor the same, 3 one is malformed.",
            new CommandExample("What a change grants", "casemate policy diff old.yaml new.yaml"),
            new CommandExample("For a script", "casemate policy diff old.rego new.rego -o json"))
    {
        Add(_before);
        Add(_after);
        Add(_workload);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var workload = context.Arguments.GetValue(_workload);
        PolicyInput.RequireOneStandardInput(context.Arguments.GetValue(_before), context.Arguments.GetValue(_after));
        var before = ChosenPolicy.ReadSide(context, context.Arguments.GetValue(_before)!, workload);
        var after = ChosenPolicy.ReadSide(context, context.Arguments.GetValue(_after)!, workload);
        var rules = ComparedRules.Of(before.Text, after.Text);
        var changes = PolicyDiff.Compare(before.ReadData(), after.ReadData());
        if (context.Console.Format is OutputFormat.Table)
        {
            Write(context, rules, changes);
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", Primitives.ApiVersion.V1);
                json.WriteStartObject("rules");
                json.WriteString("before", ComparedRules.Word(rules.BeforeIsCasemates));
                json.WriteString("after", ComparedRules.Word(rules.AfterIsCasemates));
                json.WriteBoolean("compared", rules.AreCompared);
                json.WriteEndObject();
                json.WriteStartArray("changes");
                foreach (var change in changes)
                {
                    json.WriteStartObject();
                    json.WriteString("container", change.Container);
                    json.WriteBoolean("grants", change.Grants);
                    json.WriteString("text", change.Text);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        return Task.FromResult(changes.Count == 0 && rules.AreCompared ? ExitCode.Success : ExitCode.Refused);
    }

    private void Write(CommandContext context, ComparedRules rules, IReadOnlyList<PolicyChange> changes)
    {
        var console = context.Console;
        foreach (var line in rules.Sentences(context.Arguments.GetValue(_before)!, context.Arguments.GetValue(_after)!))
        {
            console.Out.WriteLine($"{console.Paint(Tone.Caution, "warning")}: {ErrorText.OneLine(line)}");
        }

        if (changes.Count == 0)
        {
            console.Out.WriteLine((rules.BeforeIsCasemates && rules.AfterIsCasemates, rules.AreCompared) switch
            {
                (true, _) => "both allow the same",
                (_, true) => "the rules and the data of both are the same",
                _ => "the data of both is the same",
            });
        }

        foreach (var group in changes.GroupBy(change => change.Container))
        {
            console.Out.WriteLine(console.Paint(Tone.Strong, group.Key.Length == 0 ? "pod" : ErrorText.OneLine(group.Key)));
            foreach (var change in group)
            {
                console.Out.WriteLine(
                    $"  {console.Paint(change.Grants ? Tone.Caution : Tone.Good, change.Grants ? "+" : "-")} "
                        + ErrorText.OneLine(change.Text));
            }
        }
    }
}
