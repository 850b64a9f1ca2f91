using Casemate.Cli.Commands;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral</c>: what verification needs beside the evidence: fetched, kept, carried, watched.</summary>
internal sealed class CollateralCommand : CliCommand
{
    public CollateralCommand()
        : base(
            "collateral", "Fetch, keep, carry and watch TCB info, certificates and revocation lists.",
            new CommandExample("Fetch what some evidence needs", "casemate collateral fetch --from-evidence quote.bin"),
            new CommandExample("Everything into one signed file", "casemate collateral export --out fleet.tar --key fleet.key"),
            new CommandExample(
                "Verify with it, without network", "casemate verify quote.bin --collateral fleet.tar --bundle-key fleet.key.pub"))
    {
        Add(new CollateralFetchCommand());
        Add(new CollateralExportCommand());
        Add(new CollateralImportCommand());
        Add(new CollateralRepairCommand());
        Add(new CollateralShowCommand());
        Add(new CollateralCheckCommand());
        Add(new CollateralServeCommand());
        Add(new CollateralRegisterCommand());
        Add(new QcnlCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no collateral command given", "Run 'casemate collateral --help' for its commands and examples.");
}
