using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure corim show</c>.</summary>
internal sealed class CorimShowCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A manifest (CoRIM), signed or not." };

    public CorimShowCommand()
        : base(
            "show", "Print what a manifest says, and whether it keeps to its profile. Signatures are not verified.",
            new CommandExample("What a manifest says", "casemate measure corim show guest.corim")) => Add(_file);

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var manifest = CorimFile.Read(context.Arguments.GetRequiredValue(_file));
        if (context.Console.Format is OutputFormat.Table)
        {
            manifest.WriteText(context.Console);
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                manifest.WriteJson(json);
            });
        }

        return Task.FromResult(ExitCode.Success);
    }
}
