using System.Collections.Immutable;
using Casemate.Images.Closure;
using Casemate.Oci;

namespace Casemate.Images.Packing;

/// <summary>What goes into an image, and how it is started.</summary>
public sealed record PackOptions
{
    /// <summary>The number of the user and of the group that containers run as unless told otherwise.</summary>
    public const int NonRoot = 65532;

    /// <summary>The program by its path in the root.</summary>
    public required string Program { get; init; }

    /// <summary>The arguments that the program is started with.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>What is started in place of program and arguments, such as a wrapper that was included; empty: those.</summary>
    public ImmutableArray<string> Entrypoint { get; init; } = [];

    /// <summary>Patterns of further files, by their paths in the root.</summary>
    public ImmutableArray<string> Include { get; init; } = [];

    /// <summary>The enclaves by their paths in the root: ELF files, or Gramine manifests with their signature beside them.</summary>
    public ImmutableArray<string> Enclaves { get; init; } = [];

    /// <summary>True to accept enclaves that may run in debug mode: whoever runs the host reads their memory.</summary>
    public bool AcceptDebugEnclaves { get; init; }

    /// <summary>
    /// Where quotes are made; null: by detection, which is out of the process for a program that hosts an enclave, else none.
    /// </summary>
    public QuoteMode? Quotes { get; init; }

    /// <summary><c>/etc/sgx_default_qcnl.conf</c> of the image; null: that of the root, where quotes need one.</summary>
    public ReadOnlyMemory<byte>? CollateralConfiguration { get; init; }

    /// <summary>Environment, each <c>NAME=VALUE</c>; <c>PATH</c> is set unless it is here.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>The working directory, absolute; made in the image.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>The user, as <c>UID</c> or <c>UID:GID</c>.</summary>
    public string User { get; init; } = $"{NonRoot}:{NonRoot}";

    /// <summary>Further labels; those of <see cref="ImageLabels"/> cannot be set.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Names of libraries and other parts that may be missing.</summary>
    public ImmutableArray<string> AllowMissing { get; init; } = [];

    /// <summary>Variants of libraries for newer processors (<c>glibc-hwcaps</c>): all or none.</summary>
    public bool ProcessorVariants { get; init; }

    /// <summary>Certificates of public authorities.</summary>
    public DataSwitch Certificates { get; init; }

    /// <summary>Name service and accounts.</summary>
    public DataSwitch NameService { get; init; }

    /// <summary>
    /// Time zones. <see cref="DataSwitch.Detect"/> takes none: the zone of the machine that packs is not the zone of the program, and
    /// without one it has UTC.
    /// </summary>
    public DataSwitch TimeZones { get; init; }

    /// <summary>Conversion of character sets.</summary>
    public DataSwitch CharacterSets { get; init; }

    /// <summary>Locales.</summary>
    public DataSwitch Locales { get; init; }

    /// <summary>The instant that everything in the image bears, in seconds since 1970 (<c>SOURCE_DATE_EPOCH</c>).</summary>
    public long EpochSeconds { get; init; }

    /// <summary>The version of the program that packs; part of the image.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>What is read at most.</summary>
    public OciLimits Limits { get; init; } = OciLimits.Default;
}
