using Casemate.Cli.Serve;

namespace Casemate.Cli.Collateral;

/// <summary>The settings of <c>casemate collateral serve</c>: the one table that flags, environment variables, help and docs come
/// from.</summary>
internal static class CollateralServeSettings
{
    public static readonly Setting Listen = new(
        "--listen", "ADDRESS:PORT", "Where to listen; none: on --socket alone. Port 0 takes any free one.", "127.0.0.1:8081");

    public static readonly Setting Socket = new(
        "--socket", "PATH", "A Unix socket to listen on as well, HTTP, for its owner and group.");

    public static readonly Setting Store = new(
        "--store", "DIR", "Directory with everything that the service keeps. Several services may share it.",
        "collateral in the state directory");

    public static readonly Setting Source = new(
        "--source", "intel|azure|pccs:URL|simulated|none",
        "Where Intel's collateral comes from, asked in this order: Intel's PCS, Azure's THIM and its cache, another PCCS (or casemate), "
        + "or the simulator on this machine.",
        "intel", Many: true);

    public static readonly Setting Collateral = new(
        "--collateral", "BUNDLE|URL",
        "A bundle to begin with, taken into the store at the start; without --source and --mode, the mode is offline then. Or the address "
        + "of another service, for Intel's and AMD's collateral, in place of --source and --kds.");

    public static readonly Setting BundleKey = new(
        "--bundle-key", "FILE", "The public key that the bundle must be signed with (PEM).");

    public static readonly Setting AllowUnsignedBundle = new(
        "--allow-unsigned-bundle", null, "Take the bundle whoever made it; its documents are verified all the same.");

    public static readonly Setting RegisteredOnly = new(
        "--registered-only", null,
        "PCK certificates for machines only that registered, or that an administrator brought. Otherwise, in lazy mode, for whoever asks.");

    public static readonly Setting NewMachines = new(
        "--new-machines-per-source", "NUMBER",
        "For how many machines that are not known one address may ask PCK certificates in an hour, in lazy mode.", "256");

    public static readonly Setting Kds = new(
        "--kds", "amd|URL|none", "Where AMD's certificates and revocation lists come from.", "amd, and none with --source simulated");

    public static readonly Setting Mode = new(
        "--mode", "lazy|req|offline",
        "What happens about something missing: lazy fetches it when somebody asks, req when a machine registers, offline never.", "lazy");

    public static readonly Setting ApiKeyFile = new(
        "--api-key-file", "FILE", "Intel's subscription key, which PCK certificates need. Read again when the file changes.");

    public static readonly Setting SourceCa = new(
        "--source-ca", "FILE", "The certificate authorities (PEM) that may vouch for the sources, in place of the system's.");

    public static readonly Setting SourceCert = new(
        "--source-cert", "FILE", "A certificate (PEM) for sources named by address that ask for one. Not shown to Intel, AMD and Azure.");

    public static readonly Setting SourceKey = new("--source-key", "FILE", "Its private key (PEM).");

    public static readonly Setting AzureRegion = new(
        "--azure-region", "REGION",
        "With --source azure: the region, as its THIM is called, such as useast2. Asked first for TDX documents.",
        "what Azure's metadata service says");

    public static readonly Setting SimulatorDir = new(
        "--simulator-dir", "DIR", "Directory of the simulated platform, for --source simulated.", "the state directory");

    public static readonly Setting UserTokenHash = new(
        "--user-token-hash", "FILE",
        "File with the SHA-512 (128 hex digits) of the token that machines register with. Without one, none may.");

    public static readonly Setting AdminTokenHash = new(
        "--admin-token-hash", "FILE", "File with the SHA-512 (128 hex digits) of the administrator's token. Without one, there is none.");

    public static readonly Setting ServeExpiredFor = new(
        "--serve-expired-for", "DURATION",
        "How long past its end collateral is still handed out, marked stale, when nothing newer can be had, such as 12h or 7d.",
        "0, never");

    /// <summary>All of them, in the order of the help.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Listen, Socket, Store, Source, Kds, Collateral, BundleKey, AllowUnsignedBundle, Mode, RegisteredOnly, NewMachines, ApiKeyFile,
        SourceCa, SourceCert, SourceKey, AzureRegion, SimulatorDir, ServeSettings.Roots, ServeSettings.AllowSimulated,
        UserTokenHash, AdminTokenHash, ServeExpiredFor, ServeSettings.TlsCert, ServeSettings.TlsKey, ServeSettings.HostName,
        ServeSettings.PlainHttp,
    ];
}
