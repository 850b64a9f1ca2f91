using Casemate.Cli.Commands;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure corim</c>: manifests of reference values.</summary>
internal sealed class CorimCommand : CliCommand
{
    public CorimCommand()
        : base(
            "corim", "Manifests of reference values (CoRIM): show, verify and make them.",
            new CommandExample("What a manifest says", "casemate measure corim show guest.corim"),
            new CommandExample("Make one", "casemate measure corim make --id shop/guest --platform tdx --value MRTD=HEX --out guest.corim"))
    {
        Add(new CorimMakeCommand());
        Add(new CorimShowCommand());
        Add(new CorimVerifyCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no corim command given", "Run 'casemate measure corim --help' for its commands and examples.");
}
