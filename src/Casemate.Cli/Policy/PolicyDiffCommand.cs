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

    public PolicyDiffCommand()
        : base(
            "diff", "Compare what two policies allow, container by container. Exit code 0 they allow the same, 1 they do not, 3 one is "
                + "malformed.",
            new CommandExample("What a change grants", "casemate policy diff old.yaml new.yaml"),
            new CommandExample("For a script", "casemate policy diff old.rego new.rego -o json"))
    {
        Add(_before);
        Add(_after);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var changes = PolicyDiff.Compare(
            OnePolicy.ReadData(context, context.Arguments.GetValue(_before)!), OnePolicy.ReadData(context,
                context.Arguments.GetValue(_after)!));
        if (context.Console.Format is OutputFormat.Table)
        {
            Write(context.Console, changes);
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", Primitives.ApiVersion.V1);
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

        return Task.FromResult(changes.Count == 0 ? ExitCode.Success : ExitCode.Refused);
    }

    private static void Write(ConsoleOutput console, IReadOnlyList<PolicyChange> changes)
    {
        if (changes.Count == 0)
        {
            console.Out.WriteLine("both allow the same");
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
