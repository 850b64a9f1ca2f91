using Casemate.Cli.Commands;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure uvm</c>: publishers' statements about guest images.</summary>
internal sealed class UvmCommand : CliCommand
{
    public UvmCommand()
        : base(
            "uvm", "Signed statements of publishers about their guest images (utility VMs).",
            new CommandExample("What a statement says", "casemate evidence show reference_info.cose"),
            new CommandExample(
                "Sign one", "casemate measure uvm sign --measurement HEX --svn 1 --feed guests --eku 1.3.6.1.4.1.311.76.59.1.2 "
                + "--key key.pem --certificates chain.pem --out guest.cose"))
    {
        Add(new UvmSignCommand());
        Add(new UvmVerifyCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no uvm command given", "Run 'casemate measure uvm --help' for its commands and examples.");
}
