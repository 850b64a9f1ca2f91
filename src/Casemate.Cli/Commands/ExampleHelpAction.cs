using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Casemate.Cli.Commands;

/// <summary>The usual help text, followed by the command's examples.</summary>
internal sealed class ExampleHelpAction : SynchronousCommandLineAction
{
    private static readonly CommandExample[] RootExamples =
    [
        new(
            "Give a program a secret after it proved what it is, on this machine, without special hardware",
            "casemate run --secret greeting=hello -- ./app.sh"),
        new("Verify a quote or report against its collateral, offline", "casemate verify quote.bin --collateral collateral.json"),
        new("The same in a script", "casemate verify quote.bin --collateral collateral.json -o json"),
        new("Completion for this shell", "source <(casemate completion bash)"),
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        new HelpAction().Invoke(parseResult);
        WriteExamples(
            parseResult.CommandResult.Command, ((RootCommand)parseResult.RootCommandResult.Command).HelpName ?? "casemate",
            parseResult.InvocationConfiguration.Output);
        return ExitCode.Success;
    }

    private static void WriteExamples(Command command, string program, TextWriter output)
    {
        var examples = command is CliCommand cli ? cli.Examples : command is RootCommand ? RootExamples : [];
        if (examples.Count == 0)
        {
            return;
        }

        output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            output.WriteLine($"  # {example.Purpose}");
            output.WriteLine($"  {Called(program, example.CommandLine)}");
            output.WriteLine();
        }
    }

    private static string Called(string program, string commandLine) =>
        commandLine.StartsWith("casemate ", StringComparison.Ordinal) ? program + commandLine["casemate".Length..] : commandLine;
}
