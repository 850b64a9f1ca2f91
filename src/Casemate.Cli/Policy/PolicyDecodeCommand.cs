using System.CommandLine;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.KataPolicy.Initdata;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy decode</c>.</summary>
internal sealed class PolicyDecodeCommand : CliCommand
{
    private const string DocumentPart = "initdata.toml";

    private readonly Argument<string> _file = new("FILE") { Description = $"What carries the policy: {PolicyInput.Forms}." };

    private readonly Option<string?> _part = new("--part")
    {
        Description = "Print this part alone, byte for byte: policy.rego, another entry such as aa.toml, or initdata.toml for the whole "
            + "document.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _workload = ChosenPolicy.Option(isNeeded: false);

    public PolicyDecodeCommand()
        : base(
            "decode", "Show what an annotation, an initdata document or annotated YAML holds, part by part. Exit code 0 done, 3 unreadable, "
            + "malformed or without a policy.",
            new CommandExample("Everything", "casemate policy decode app.yaml"),
            new CommandExample("The policy's text alone", "casemate policy decode app.yaml --part policy.rego"))
    {
        Add(_file);
        Add(_part);
        Add(_workload);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var policies = ChosenPolicy.ReadCarried(context, context.Arguments.GetValue(_file)!, context.Arguments.GetValue(_workload));
        if (context.Arguments.GetValue(_part) is { } part)
        {
            await WritePartAsync(context, policies, part, cancellationToken);
        }
        else if (context.Console.Format is OutputFormat.Table)
        {
            foreach (var policy in policies)
            {
                BoundFields.Write(context.Console, policy);
                foreach (var (name, text) in PartsOf(policy).Where(entry => entry.Name != DocumentPart))
                {
                    context.Console.Out.WriteLine();
                    context.Console.Out.WriteLine(context.Console.Paint(Tone.Strong, $"--- {ErrorText.OneLine(name)}"));
                    context.Console.Out.WriteLine(Shown(text));
                }
            }
        }
        else
        {
            WriteDocument(context.Console, policies);
        }

        return ExitCode.Success;
    }

    private static async Task WritePartAsync(
        CommandContext context, IReadOnlyList<CarriedPolicy> policies, string part, CancellationToken cancellationToken)
    {
        var found = policies.SelectMany(PartsOf).Where(entry => entry.Name == part).Select(entry => entry.Text).Distinct().ToList();
        if (found.Count != 1)
        {
            var names = string.Join(", ", policies.SelectMany(PartsOf).Select(entry => entry.Name).Distinct());
            throw CliException.BadInput(
                found.Count == 0 ? $"there is no part '{part}'" : $"there are {found.Count} different parts '{part}'",
                found.Count == 0 ? $"There are: {names}."
                    : policies.Select(policy => policy.Workload).Distinct().Count() > 1
                    ? $"Choose a workload with --workload: {string.Join(", ", policies.Select(policy => policy.Workload).OfType<string>().Distinct())}."
                    : "Give one annotation's value.");
        }

        await using var output = context.Invocation.OpenStandardOutput();
        await output.WriteAsync(Encoding.UTF8.GetBytes(found[0]), cancellationToken);
    }

    private static void WriteDocument(ConsoleOutput console, IReadOnlyList<CarriedPolicy> policies) => console.WriteDocument(json =>
    {
        json.WriteString("apiVersion", Primitives.ApiVersion.V1);
        json.WriteStartArray("policies");
        foreach (var policy in policies)
        {
            json.WriteStartObject();
            BoundFields.Write(json, policy);
            json.WriteStartObject("parts");
            foreach (var (name, text) in PartsOf(policy))
            {
                json.WriteString(name, text);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static IEnumerable<(string Name, string Text)> PartsOf(CarriedPolicy policy)
    {
        if (policy.Document is null)
        {
            return [(InitdataDocument.PolicyName, policy.Policy!)];
        }

        return [.. policy.Document.Data.Select(entry => (entry.Key, entry.Value)), (DocumentPart, policy.Document.Text)];
    }

    // Line by line: a terminal must not obey what a file holds.
    private static string Shown(string text) => string.Join('\n', text.TrimEnd('\n').Split('\n').Select(line => ErrorText.Harmless(line.TrimEnd('\r'))));
}
