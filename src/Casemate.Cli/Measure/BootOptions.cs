using System.CommandLine;
using Casemate.Measurement.Firmware;
using Casemate.Measurement.Tdx;

namespace Casemate.Cli.Measure;

/// <summary>The options that say from what files a TD boots.</summary>
internal sealed class BootOptions
{
    /// <summary>The option for the kernel's command line, the one text that may be empty.</summary>
    public const string CommandLineName = "--append";

    private readonly Option<string> _kernel = File("--kernel", "The kernel that the VMM hands to the firmware (bzImage with EFI stub).");

    private readonly Option<string> _initrd = File("--initrd", "The initial RAM disk beside --kernel.");

    private readonly Option<string> _commandLine = new(CommandLineName)
    {
        Description = "The command line beside --kernel, as the VMM is given it.",
        HelpName = "TEXT",
    };

    private readonly Option<ulong?> _memory = new("--qemu-memory")
    {
        Description = "The guest's memory in bytes, for firmware before 2025.05 under QEMU: QEMU then changes the kernel's setup header before "
            + "it is measured.",
        HelpName = "BYTES",
    };

    private readonly Option<string> _uki = File("--uki", "A unified kernel image that the firmware starts.");

    private readonly Option<string> _loader = File("--boot-loader", "The boot loader that starts --uki (systemd-boot).");

    private readonly Option<bool> _noSections = new("--stub-measures-nothing")
    {
        Description = "The stub in --uki does not measure its sections (before systemd 252, or in a guest with a virtual TPM).",
    };

    private readonly Option<bool> _ownLoader = new("--stub-loads-kernel")
    {
        Description = "The stub in --uki loads the kernel itself, so that the firmware does not measure it.",
    };

    private readonly Option<string[]> _programs = new("--efi-program")
    {
        Description = "Each EFI program of another chain in order, such as shim, GRUB and the kernel. Repeatable. Foretells RTMR1 alone.",
        HelpName = "FILE",
    };

    private readonly Option<string> _disk = File("--disk-prefix", "The first MiB of the boot disk, for its partition table.");

    private readonly Option<bool> _noSeparator = new("--no-separator")
    {
        Description = "The firmware measures the end of its own phase into RTMR0 (OVMF before 2024).",
    };

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All =>
        [_kernel, _initrd, _commandLine, _memory, _uki, _loader, _noSections, _ownLoader, _programs, _disk, _noSeparator];

    /// <summary>Reads the chain that the options name; null when they name none.</summary>
    /// <exception cref="CliException">They name two, or a file cannot be read.</exception>
    public BootChain? Read(ParseResult arguments)
    {
        var (kernel, uki, programs) = (arguments.GetValue(_kernel), arguments.GetValue(_uki), arguments.GetValue(_programs) ?? []);
        if ((kernel is null ? 0 : 1) + (uki is null ? 0 : 1) + (programs.Length > 0 ? 1 : 0) > 1)
        {
            throw CliException.Usage("name one of --kernel, --uki and --efi-program: each is another way to boot");
        }

        RefuseThoseOfOtherChains(
            arguments, kernel is not null ? "--kernel" : uki is not null ? "--uki" : programs.Length > 0 ? "--efi-program" : null);
        var disk = MeasureFiles.Read("--disk-prefix", arguments.GetValue(_disk), PartitionTableEvent.DiskPrefix);
        var separator = !arguments.GetValue(_noSeparator);
        if (kernel is not null)
        {
            return new DirectBoot
            {
                Kernel = Content("--kernel", kernel),
                InitialRamDisk = Content("--initrd", arguments.GetValue(_initrd)),
                CommandLine = CommandLine(arguments) ?? throw CliException.Usage(
                    "--kernel takes --append", "Name the command line that the VMM gives it; it is measured."),
                PatchedForMemory = arguments.GetValue(_memory),
                HasSeparator = separator,
            };
        }

        if (uki is not null)
        {
            return new UnifiedKernelBoot
            {
                Image = Content("--uki", uki),
                BootLoader = Content("--boot-loader", arguments.GetValue(_loader)),
                Disk = disk,
                StubMeasuresSections = !arguments.GetValue(_noSections),
                FirmwareLoadsKernel = !arguments.GetValue(_ownLoader),
                HasSeparator = separator,
            };
        }

        return programs.Length == 0 ? null : new ShimBoot
        {
            Disk = disk,
            Programs = [.. programs.Select(path => (Path.GetFileName(path), Content("--efi-program", path)))],
            HasSeparator = separator,
        };
    }

    /// <summary>Reads what a VMM hands to an SEV-SNP guest's firmware; null when nothing is named.</summary>
    /// <exception cref="CliException">Another chain is named, or a file cannot be read.</exception>
    public SnpBootFiles? ReadForSnp(ParseResult arguments)
    {
        if (arguments.GetValue(_uki) is not null || arguments.GetValue(_programs) is { Length: > 0 })
        {
            throw CliException.Usage("of what boots, an SEV-SNP report has only --kernel, --initrd and --append");
        }

        RefuseThoseOfOtherChains(arguments, arguments.GetValue(_kernel) is null ? null : "--kernel");
        foreach (var option in new Option[] { _memory, _noSeparator }.Where(option => IsGiven(arguments, option)))
        {
            throw CliException.Usage($"{option.Name} is about a TD, and the evidence is an SEV-SNP report", $"Leave {option.Name} out.");
        }

        return arguments.GetValue(_kernel) is not { } kernel ? null : new SnpBootFiles(
            Content("--kernel", kernel), Content("--initrd", arguments.GetValue(_initrd)), CommandLine(arguments) ?? "");
    }

    // An option that changes nothing would let its user believe that it was measured.
    private void RefuseThoseOfOtherChains(ParseResult arguments, string? named)
    {
        foreach (var (option, chains) in new (Option Option, string[] Chains)[]
        {
            (_initrd, ["--kernel"]), (_commandLine, ["--kernel"]), (_memory, ["--kernel"]), (_loader, ["--uki"]), (_noSections, ["--uki"]),
            (_ownLoader, ["--uki"]), (_disk, ["--uki", "--efi-program"]), (_noSeparator, ["--kernel", "--uki", "--efi-program"]),
        })
        {
            if (IsGiven(arguments, option) && !chains.Contains(named))
            {
                var hint = option == _commandLine && named is "--uki"
                    ? "A unified kernel image carries its command line, in its section .cmdline: it is measured from there."
                    : named is null ? $"Name what boots as well: {string.Join(" or ", chains)}." : $"Leave {option.Name} out.";
                throw CliException.Usage(
                    $"{option.Name} goes with {string.Join(" or ", chains)}{(named is null ? "" : $", not with {named}")}", hint);
            }
        }
    }

    private static bool IsGiven(ParseResult arguments, Option option) => arguments.GetResult(option) is { Implicit: false };

    private string? CommandLine(ParseResult arguments) => MeasureFiles.CommandLine("--append", arguments.GetValue(_commandLine));

    private static Option<string> File(string name, string description) => new(name) { Description = description, HelpName = "FILE" };

    private static ReadOnlyMemory<byte> Content(string option, string? path) => MeasureFiles.Read(option, path, MeasureFiles.Largest) ?? default;
}
