using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Image;
using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Images.Containerd;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate confcom katapolicygen</c>: <c>az confcom katapolicygen</c>'s flags on <c>casemate policy generate</c>.</summary>
internal sealed class KataPolicyGenCommand : CliCommand
{
    private static readonly GenerateOptionNames s_names = new()
    {
        File = "--yaml",
        Inputs = "--config-map-file",
        InPlace = "--yaml",
        StandardInput = "no --yaml",
        Settings = "--settings-file-name",
        Rules = "--rules-file-name",
        Raw = "--outraw",
    };

    private readonly RegistryAccess _registries = new();

    private readonly Option<string?> _yaml = new("--yaml", "-y")
    {
        Description = "The YAML file, rewritten in place. Default: standard input, written to standard output.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _inputs = new("--config-map-file", "-c") { Description = "A file with ConfigMaps and Secrets.", HelpName = "FILE" };

    private readonly Option<string?> _settings = new("--settings-file-name", "-j") { Description = "Settings of genpolicy.", HelpName = "FILE" };

    private readonly Option<string?> _rules = new("--rules-file-name", "-p") { Description = "Rules in place of Casemate's own.", HelpName = "FILE" };

    private readonly Option<bool> _raw = new("--outraw") { Description = "Print the policies' Rego text too." };

    private readonly Option<bool> _print = new("--print-policy") { Description = "Print the policies in base64 too." };

    private readonly Option<string?> _workload = new("--workload")
    {
        Description = "The workload whose policy --outraw or --print-policy prints, such as Deployment/web. --outraw needs it where there are several.",
        HelpName = "KIND/NAME",
    };

    private readonly Option<bool> _cached = new("--use-cached-files", "-u") { Description = "Accepted: the cache is always used." };

    private readonly Option<bool> _containerd = new("--containerd-pull", "-d")
    {
        Description = "Take images from containerd's store on this machine. Its files are read, no daemon is asked.",
    };

    private readonly Option<string?> _socket = new("--containerd-socket-path")
    {
        Description = $"Accepted as --containerd-pull: the store in {ContainerdStore.DefaultRoot} is read, not the socket.",
        HelpName = "PATH",
    };

    private readonly Option<bool> _version = new("--print-version") { Description = "Print the version and end; so does -v without --yaml." };

    private readonly Option<string[]> _images = new("--image")
    {
        Description = "Where an image lies instead of its registry. Repeatable.",
        HelpName = "REFERENCE=PLACE",
    };

    public KataPolicyGenCommand()
        : base(
            "katapolicygen", "Make policies as AKS takes them, with the flags of 'az confcom katapolicygen'. Exit codes are those of 'casemate "
            + "policy generate'.",
            new CommandExample("In place", "casemate confcom katapolicygen --yaml app.yaml"))
    {
        foreach (var option in new Option[]
        {
            _yaml, _inputs, _settings, _rules, _raw, _print, _workload, _cached, _containerd, _socket, _version, _images,
        }.Concat(_registries.All))
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var yaml = arguments.GetValue(_yaml);
        if (arguments.GetValue(_version) || (context.Console.Verbose && yaml is null))
        {
            context.Console.Out.WriteLine($"casemate {typeof(KataPolicyGenCommand).Assembly.GetName().Version?.ToString(3)}");
            return Task.FromResult(ExitCode.Success);
        }

        return new PolicyMaker(context, _registries).RunAsync(
            new GenerateRequest
            {
                Names = s_names,
                Files = [yaml ?? "-"],
                InPlace = yaml is not null,
                Inputs = arguments.GetValue(_inputs) is { } inputs ? [inputs] : [],
                Packing = new GenerationOptions { WriteInitdata = false, WriteAgentPolicy = true },
                ContainerdRoot = arguments.GetValue(_containerd) || arguments.GetValue(_socket) is not null ? ContainerdStore.DefaultRoot : null,
                SettingsPath = arguments.GetValue(_settings),
                RulesPath = arguments.GetValue(_rules),
                Images = arguments.GetValue(_images) ?? [],
                PrintText = arguments.GetValue(_raw),
                PrintEncoded = arguments.GetValue(_print),
                Workload = arguments.GetValue(_workload),
            },
            cancellationToken);
    }
}
