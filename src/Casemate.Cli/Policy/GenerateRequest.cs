using Casemate.KataPolicy;
using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Manifests;
using Casemate.Oci;

namespace Casemate.Cli.Policy;

/// <summary>What a command asks of the generator, whichever names its flags have.</summary>
internal sealed record GenerateRequest
{
    /// <summary>What the command calls its options.</summary>
    public GenerateOptionNames Names { get; init; } = GenerateOptionNames.Generate;

    /// <summary>The files with workloads; <c>-</c> for standard input.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Files with ConfigMaps and Secrets.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>True to write the files in place.</summary>
    public bool InPlace { get; init; }

    /// <summary>How manifests are read.</summary>
    public ManifestOptions Manifests { get; init; } = ManifestOptions.Default;

    /// <summary>How policies are packed; its initdata is read from <see cref="InitdataPath"/>.</summary>
    public GenerationOptions Packing { get; init; } = new();

    /// <summary>A document whose entries are kept, or null.</summary>
    public string? InitdataPath { get; init; }

    /// <summary>The runtime profile's name; null for the one that fits the form.</summary>
    public string? Profile { get; init; }

    /// <summary>Settings of genpolicy: a file or a directory; null for the profile's own.</summary>
    public string? SettingsPath { get; init; }

    /// <summary>Rules in place of ours, or null.</summary>
    public string? RulesPath { get; init; }

    /// <summary>Places of images, as <c>REFERENCE=PLACE</c>.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>The directory of a containerd that holds the images; null: registries.</summary>
    public string? ContainerdRoot { get; init; }

    /// <summary>Who must have signed every image; null: nobody must.</summary>
    public ImageSigner? Signer { get; init; }

    /// <summary>The guest's platform.</summary>
    public Platform Platform { get; init; } = Platform.LinuxAmd64;

    /// <summary>The cache of what is known of layers and images; null for the default place.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>True to keep no cache.</summary>
    public bool NoCache { get; init; }

    /// <summary>True to print the Rego text.</summary>
    public bool PrintText { get; init; }

    /// <summary>True to print the policy as the annotation has it.</summary>
    public bool PrintEncoded { get; init; }

    /// <summary>The workload whose policy is printed; null where there is one, or all may be printed.</summary>
    public string? Workload { get; init; }

    /// <summary>True to refuse on warnings.</summary>
    public bool Strict { get; init; }
}
