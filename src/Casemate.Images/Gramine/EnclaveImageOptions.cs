using System.Collections.Immutable;

namespace Casemate.Images.Gramine;

/// <summary>What a Gramine-based image is to be. The defaults ask for a production enclave that trusts nothing of its host.</summary>
public sealed record EnclaveImageOptions
{
    /// <summary>The release of Gramine, such as <c>1.8</c>; null to find it in its files.</summary>
    public string? Release { get; init; }

    /// <summary><c>sgx.enclave_size</c> in bytes, a power of two from 1 MiB to 1 TiB. Default: 512 MiB; all of it is EPC without
    /// EDMM.</summary>
    public ulong EnclaveBytes { get; init; } = 512UL << 20;

    /// <summary><c>sgx.max_threads</c>, 4 to 4096: Gramine itself takes up to three. Default: 16.</summary>
    public int Threads { get; init; } = 16;

    /// <summary><c>sgx.edmm_enable</c>: memory is added while the enclave runs; such an enclave starts on processors with SGX2
    /// only.</summary>
    public bool IsDynamic { get; init; }

    /// <summary><c>sgx.isvprodid</c>. Default: 0.</summary>
    public ushort ProductId { get; init; }

    /// <summary><c>sgx.isvsvn</c>. Default: 1.</summary>
    public ushort SecurityVersion { get; init; } = 1;

    /// <summary>True for a debug enclave, whose memory the host reads.</summary>
    public bool MakeDebugEnclave { get; init; }

    /// <summary>False for an enclave that makes no quotes.</summary>
    public bool Attests { get; init; } = true;

    /// <summary>Arguments in place of the image's Cmd; null to keep them.</summary>
    public ImmutableArray<string>? Arguments { get; init; }

    /// <summary>True to keep the arguments in a trusted file, for long ones, in place of the manifest.</summary>
    public bool ArgumentsInFile { get; init; }

    /// <summary>True to take arguments from the host, which no measurement shows: <c>loader.insecure__use_cmdline_argv</c>.</summary>
    public bool AcceptHostArguments { get; init; }

    /// <summary>Names of environment variables whose values the host may choose.</summary>
    public ImmutableArray<string> Passthrough { get; init; } = [];

    /// <summary>Environment variables, <c>NAME=VALUE</c>, over those of the image.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>Which files are trusted.</summary>
    public TrustedFileMode TrustedFiles { get; init; }

    /// <summary>Patterns of further trusted files; a directory stands for everything below it.</summary>
    public ImmutableArray<string> Trust { get; init; } = [];

    /// <summary>Names of libraries that may be missing.</summary>
    public ImmutableArray<string> AllowMissing { get; init; } = [];

    /// <summary>Directories in the enclave's memory.</summary>
    public ImmutableArray<string> TemporaryMounts { get; init; } = ["/tmp"];

    /// <summary>Directories whose files are encrypted on the host.</summary>
    public ImmutableArray<EncryptedMount> EncryptedMounts { get; init; } = [];

    /// <summary>True to take names of hosts and name servers from the host: <c>sys.enable_extra_runtime_domain_names_conf</c>.</summary>
    public bool TakesDomainNames { get; init; }

    /// <summary>TOML that is merged over the generated manifest, last; null for none.</summary>
    public string? Overlay { get; init; }

    /// <summary>True to accept settings of the overlay that leave to the host what no measurement shows.</summary>
    public bool AllowInsecureManifest { get; init; }

    /// <summary>The user that the container runs as, <c>UID</c> or <c>UID:GID</c>; null for the image's, or 65532 where that is
    /// root.</summary>
    public string? User { get; init; }

    /// <summary>The time of all that is made, in seconds since 1970.</summary>
    public long EpochSeconds { get; init; }

    /// <summary>The name and version of the program that converts, for a label; null for none.</summary>
    public string? Tool { get; init; }
}
