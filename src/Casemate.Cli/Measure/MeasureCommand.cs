using System.CommandLine;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure</c>: expected measurements, computed from files.</summary>
internal sealed class MeasureCommand : CliCommand
{
    public MeasureCommand()
        : base(
            "measure", "What a guest will report when it runs what you name: launch digests, registers, roots of file systems.",
            new CommandExample("An SEV-SNP guest of QEMU or Kata", "casemate measure snp --firmware OVMF.fd --vcpus 1-8 --vcpu-type EPYC-Milan"),
            new CommandExample("A guest image in one file", "casemate measure igvm openhcl.igvm"),
            new CommandExample("MRTD of a TD under QEMU", "casemate measure tdx --firmware OVMF.inteltdx.fd --profile qemu"),
            new CommandExample("Which input of a TD differs", "casemate measure compare quote.bin --firmware OVMF.inteltdx.fd --uki linux.efi"),
            new CommandExample("An SGX enclave", "casemate measure enclave enclave.signed.so"),
            new CommandExample("The root hash of a file system image", "casemate measure verity rootfs.img"),
            new CommandExample("The root hashes of an image's layers", "casemate measure layer registry.example/team/app:1"))
    {
        Add(new MeasureSnpCommand());
        Add(new MeasureIgvmCommand());
        Add(new MeasureTdxCommand());
        Add(new MeasureRtmrCommand());
        Add(new MeasureEnclaveCommand());
        Add(new MeasureVerityCommand());
        Add(new MeasureLayerCommand());
        Add(new MeasureCompareCommand());
        Add(new UvmCommand());
        Add(new CorimCommand());
        RefuseEmptyValues(this);
    }

    // A variable that is not set in a script gives an empty value, and must not become a name, a file or a text that is measured. Only
    // the kernel's command line may be empty.
    private static void RefuseEmptyValues(Command command)
    {
        foreach (var option in command.Options.Where(option => option.Name != BootOptions.CommandLineName))
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Any(token => token.Value.Length == 0))
                {
                    result.AddError($"{option.Name} is empty: name a value for it, or leave it out");
                }
            });
        }

        foreach (var subcommand in command.Subcommands)
        {
            RefuseEmptyValues(subcommand);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no measure command given", "Run 'casemate measure --help' for its commands and examples.");
}
