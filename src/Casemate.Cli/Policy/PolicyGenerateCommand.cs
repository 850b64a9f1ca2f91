using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Image;
using Casemate.Cli.Output;
using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Images.Containerd;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Manifests;
using Casemate.Oci;
using Casemate.Oci.Signatures;
using ImageSigner = Casemate.KataPolicy.ImageSigner;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy generate</c>.</summary>
internal sealed class PolicyGenerateCommand : CliCommand
{
    private const int MaxKeyBytes = 64 * 1024;

    private readonly RegistryAccess _registries = new();

    private readonly Option<string[]> _files = new("--file", "-f")
    {
        Description = "Kubernetes YAML or JSON; '-' for standard input. Repeatable.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _inPlaceFiles = new("--yaml-file", "-y", "--yaml")
    {
        Description = "A file that is rewritten in place: as -f FILE --in-place, under genpolicy's name. Repeatable.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _inputs = new("--config-file", "-c", "--config-map-file")
    {
        Description = "A file with ConfigMaps and Secrets that the workloads refer to. Repeatable.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _inPlace = new("--in-place", "-i") { Description = "Write the policies into the files themselves." };

    private readonly Option<string> _format = new("--format")
    {
        Description = "Which annotation carries the policy: initdata (Kata Containers), aks (the policy alone) or both.",
        HelpName = "initdata|aks|both",
        DefaultValueFactory = _ => "initdata",
    };

    private readonly Option<string?> _profile = new("--profile")
    {
        Description = "What the guest's runtime does: kata-snp, kata-tdx, aks or kata. Default: kata-snp; aks with --format aks.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _settings = new("--settings", "-j", "--settings-file-name", "--json-settings-path")
    {
        Description = "Settings of genpolicy over the profile: a file, or a directory with genpolicy-settings.json and patches.",
        HelpName = "PATH",
    };

    private readonly Option<string?> _rules = new("--rules", "-p", "--rules-path", "--rules-file-name")
    {
        Description = "Rego rules in place of Casemate's own. What they refuse is yours to answer for.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _images = new("--image")
    {
        Description = "Where an image lies instead of its registry: a layout or an archive, as 'casemate image' names them. Repeatable.",
        HelpName = "REFERENCE=PLACE",
    };

    private readonly Option<bool> _containerd = new("--containerd-pull", "-d")
    {
        Description = "Take images from containerd's store on this machine, not from registries. Its files are read, no daemon is asked.",
    };

    private readonly Option<string?> _containerdRoot = new("--containerd-root")
    {
        Description = $"The directory of that store, instead of registries. Default with --containerd-pull: {ContainerdStore.DefaultRoot}.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _signerKey = new("--signer-key")
    {
        Description = "The public key (PEM) that must have signed every image. The policy carries it for the guest's image policy.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _signerIdentity = new("--signer-identity")
    {
        Description = "The identity in the certificate that must have signed every image; with --signer-issuer.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _signerIssuer = new("--signer-issuer")
    {
        Description = "Who vouched for that identity.",
        HelpName = "URL",
    };

    private readonly Option<string?> _platform = new("--platform")
    {
        Description = "The guest's platform, which is chosen from indexes. Default: linux/amd64.",
        HelpName = "OS/ARCHITECTURE",
    };

    private readonly Option<bool> _lockDigests = new("--lock-digests")
    {
        Description = "Write image references by digest into the YAML; the references as they were stay in annotations.",
    };

    private readonly Option<string?> _initdata = new("--initdata", "--initdata-path")
    {
        Description = "An initdata document whose other entries (aa.toml, cdh.toml) are kept beside the policy.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _algorithm = new("--algorithm")
    {
        Description = "The initdata's digest: sha256 (fits every field), sha384 or sha512. Default: that of --initdata, else sha256.",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _runtimeClasses = new("--runtime-class-names")
    {
        Description = "Only pods whose runtimeClassName begins so get a policy. Repeatable, and separated by commas. Default: all.",
        HelpName = "PREFIX",
    };

    private readonly Option<bool> _ignoreUnknown = new("--silent-unsupported-fields", "-s")
    {
        Description = "Make policies without regard to unknown fields, also where they may reach the guest.",
    };

    private readonly Option<string?> _cache = new("--cache", "--layers-cache-file-path")
    {
        Description = "The directory that keeps what is known of layers. Default: CASEMATE_LAYER_CACHE, else casemate/layers in "
            + "$XDG_CACHE_HOME or ~/.cache.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _useCache = new("--use-cached-files", "-u") { Description = "Accepted: the cache is always used." };

    private readonly Option<bool> _noCache = new("--no-cache") { Description = "Read every layer anew, and keep nothing." };

    private readonly Option<bool> _raw = new("--raw", "-r", "--outraw", "--raw-out") { Description = "Print the policy's Rego text, not YAML." };

    private readonly Option<bool> _print = new("--print-policy", "-b", "--base64-out")
    {
        Description = "Print the policies as their annotation carries them, not YAML.",
    };

    private readonly Option<string?> _workload = new("--workload")
    {
        Description = "The workload whose policy --raw or --print-policy prints, such as Deployment/web. --raw needs it where there are several.",
        HelpName = "KIND/NAME",
    };

    private readonly Option<bool> _strict = new("--strict") { Description = "Refuse on warnings: exit code 1, and nothing is written." };

    public PolicyGenerateCommand()
        : base(
            "generate", "Make the policies of the Kata agent for Kubernetes workloads: what each container is, runs, mounts and may be asked, "
            + "bound to its image's content. The YAML stays as it is but for an annotation. Exit code 0 done, 1 warnings under --strict, 3 "
            + "unreadable, malformed or not to be described by a policy, 4 a registry cannot be reached.",
            new CommandExample("Annotated YAML", "casemate policy generate -f app.yaml > app.policy.yaml"),
            new CommandExample("In place, images locked by digest", "casemate policy generate -f app.yaml --in-place --lock-digests"),
            new CommandExample("Without a registry", "casemate policy generate -f app.yaml --image registry.example/app:1=oci:build:app"),
            new CommandExample("Everything, for a script", "casemate policy generate -f app.yaml -o json"),
            new CommandExample("As AKS takes it", "casemate policy generate -f app.yaml --format aks"))
    {
        _format.AcceptOnlyFromAmong("initdata", "aks", "both");
        foreach (var option in new Option[]
        {
            _files, _inPlaceFiles, _inputs, _inPlace, _format, _profile, _settings, _rules, _images, _containerd, _containerdRoot, _signerKey, _signerIdentity, _signerIssuer, _platform, _lockDigests, _initdata,
            _algorithm, _runtimeClasses, _ignoreUnknown, _cache, _useCache, _noCache, _raw, _print, _workload, _strict,
        }.Concat(_registries.All))
        {
            if (option.Name == "--plain-http")
            {
                option.Aliases.Add("--insecure-registry");
            }

            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        new PolicyMaker(context, _registries).RunAsync(RequestOf(context), cancellationToken);

    private GenerateRequest RequestOf(CommandContext context)
    {
        var arguments = context.Arguments;
        var files = arguments.GetValue(_files) ?? [];
        var inPlaceFiles = arguments.GetValue(_inPlaceFiles) ?? [];
        if (files.Length + inPlaceFiles.Length == 0)
        {
            throw CliException.Usage("no YAML is named", "Name a file: -f FILE; '-f -' reads standard input.");
        }

        if (files.Length > 0 && inPlaceFiles.Length > 0)
        {
            throw CliException.Usage("-f and -y are both given", "Use -f, with --in-place to rewrite the files.");
        }

        if (arguments.GetValue(_algorithm) is { } algorithm && !InitdataDocument.Algorithms.Contains(algorithm))
        {
            throw CliException.Usage($"--algorithm '{algorithm}' is not known", "Use sha256, sha384 or sha512.");
        }

        var format = arguments.GetValue(_format);
        return new GenerateRequest
        {
            Names = files.Length > 0 ? GenerateOptionNames.Generate : GenerateOptionNames.Generate with { File = "--yaml-file", InPlace = "--yaml-file" },
            Files = files.Length > 0 ? files : inPlaceFiles,
            InPlace = arguments.GetValue(_inPlace) || inPlaceFiles.Length > 0,
            Inputs = arguments.GetValue(_inputs) ?? [],
            Manifests = new ManifestOptions
            {
                RuntimeClassNames =
                [
                    .. (arguments.GetValue(_runtimeClasses) ?? []).SelectMany(names => names.Split(
                        ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
                ],
                IgnoreUnknownFields = arguments.GetValue(_ignoreUnknown),
            },
            Packing = new GenerationOptions
            {
                WriteInitdata = format is "initdata" or "both",
                WriteAgentPolicy = format is "aks" or "both",
                Algorithm = arguments.GetValue(_algorithm),
                LockDigests = arguments.GetValue(_lockDigests),
            },
            InitdataPath = arguments.GetValue(_initdata),
            Profile = arguments.GetValue(_profile),
            SettingsPath = arguments.GetValue(_settings),
            RulesPath = arguments.GetValue(_rules),
            Images = arguments.GetValue(_images) ?? [],
            ContainerdRoot = arguments.GetValue(_containerdRoot) ?? (arguments.GetValue(_containerd) ? ContainerdStore.DefaultRoot : null),
            Signer = SignerOf(arguments),
            Platform = arguments.GetValue(_platform) is { } platform ? Platform.Parse(platform) : Platform.LinuxAmd64,
            CacheDirectory = arguments.GetValue(_cache),
            NoCache = arguments.GetValue(_noCache),
            PrintText = arguments.GetValue(_raw),
            PrintEncoded = arguments.GetValue(_print),
            Workload = arguments.GetValue(_workload),
            Strict = arguments.GetValue(_strict),
        };
    }

    private ImageSigner? SignerOf(ParseResult arguments)
    {
        var (key, identity, issuer) = (arguments.GetValue(_signerKey), arguments.GetValue(_signerIdentity), arguments.GetValue(_signerIssuer));
        if (identity is null != issuer is null || (key is not null && identity is not null))
        {
            throw CliException.Usage(
                "a signer is a key, or an identity with its issuer", "Name --signer-key FILE, or --signer-identity NAME with --signer-issuer URL.");
        }

        return key is not null ? new ImageSigner { Key = SignatureKey.Parse(InputFile.ReadText("--signer-key", key, MaxKeyBytes)).Fingerprint.Text }
            : identity is not null ? new ImageSigner { Identity = identity, Issuer = issuer! }
            : null;
    }
}
