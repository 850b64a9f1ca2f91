using Casemate.Cli.Serve;

namespace Casemate.Cli.Quotes;

/// <summary>
/// The settings of <c>casemate quote-helper</c>: the one table that flags, environment variables, help and docs come from.
/// </summary>
internal static class QuoteHelperSettings
{
    /// <summary>What turns a socket, an address or the audit log off.</summary>
    public const string Off = "off";

    public static readonly Setting Provider = new(
        "--provider", "auto|dcap|tsm|snp|tdx|simulated",
        "Who makes the quotes: 'dcap' is Intel's library, for enclaves and, on their hosts, for TDs; 'tsm', 'snp' and 'tdx' make evidence of "
            + "the confidential guest that this is; 'auto' takes what this machine has and never the simulator; 'simulated' makes quotes that "
            + "prove nothing.",
        "auto");

    public static readonly Setting DcapLibraries = new(
        "--dcap-libraries", "DIR", "Where Intel's quoting libraries are, for 'dcap'.", "where the system's loader looks");

    public static readonly Setting TsmReports = new(
        "--tsm-reports", "DIR", "The directory of reports of configfs-tsm, for 'tsm': in a container, where the host's is mounted.",
        Quoting.Tsm.TsmReportOptions.DefaultRoot);

    public static readonly Setting Socket = new(
        "--socket", "PATH", "Path of an AESM socket. Mount its directory, not the file, into pods.", "/var/run/aesmd/aesm.socket", Many: true);

    public static readonly Setting Allocations = new(
        "--allocations", "DIR",
        "A directory with one directory for each allocation of a device: an AESM socket is kept in each, and peers are told apart by it.");

    public static readonly Setting Abstract = new(
        "--abstract", null, "Listen on the abstract AESM socket as well; only processes in this network namespace reach it.");

    public static readonly Setting Qgs = new(
        "--qgs", "PATH|vsock:PORT", "Serve quotes of TDs by the protocol of Intel's QGS: on a Unix socket, or on vsock (usually 4050).",
        Many: true);

    public static readonly Setting Evidence = new(
        "--evidence-socket", "PATH|off", "Socket of the evidence endpoint.", "evidence.socket beside the first AESM socket");

    public static readonly Setting Http = new(
        "--http", "ADDRESS:PORT|PATH|off", "Where /healthz, /readyz and /metrics are: a loopback address or a Unix socket.",
        "127.0.0.1:9464");

    public static readonly Setting StateDirectory = new(
        "--state-dir", "DIR", "Directory with what must survive a restart: the audit log, and the keys of the simulator.",
        "$XDG_STATE_HOME/casemate, else ~/.local/state/casemate");

    public static readonly Setting Audit = new(
        "--audit", "FILE|off", "The audit log: one JSON line for every quote.", "quote-helper/quotes.jsonl in the state directory");

    public static readonly Setting AuditFlush = new(
        "--audit-flush", "each|interval|never",
        "When records are forced to disk: before each quote is given out, every second, or when the system finds the time.", "interval");

    public static readonly Setting AllowUnrecorded = new(
        "--allow-unrecorded-quotes", null, "Give quotes out also when they cannot be recorded, such as on a full disk.");

    public static readonly Setting AllowNamespace = new(
        "--allow-namespace", "NAME", "Only pods of this namespace get quotes; peers whose pod is not known get none. Without it everybody may.",
        Many: true);

    public static readonly Setting PodLogs = new(
        "--pod-logs", "DIR", "The kubelet's log directory, which tells the names of pods.", "/var/log/pods");

    public static readonly Setting RequestsPerSecond = new(
        "--requests-per-second", "N", "Quote requests of one pod in a second; without it there is no limit.");

    public static readonly Setting QuotesPerMinute = new(
        "--quotes-per-minute", "N", "Quotes of one pod in a minute; without it there is no limit.");

    public static readonly Setting QueuedPerPod = new("--queued-per-pod", "N", "Requests of one pod that may wait.", "1024");

    public static readonly Setting Queued = new("--queued", "N", "Requests that may wait in total.", "4096");

    public static readonly Setting Connections = new("--connections", "N", "Connections to AESM sockets in total.", "2048");

    public static readonly Setting AesmdConf = new(
        "--aesmd-conf", "FILE", "A configuration that was written for aesmd: what means something here is used, the rest is named in the log.",
        "/etc/aesmd.conf, if it is there");

    public static readonly Setting Collateral = new(
        "--collateral", "FILE|DIR|URL",
        "Collateral that the evidence endpoint adds to evidence, and QGS gives to machines, if asked: files, a bundle of casemate "
            + "collateral export, or a caching service. The simulator has its own.");

    public static readonly Setting BundleKey = new(
        "--bundle-key", "FILE", "The public key (PEM) that a bundle of --collateral must be signed with: casemate collateral export wrote it.");

    public static readonly Setting AllowUnsignedBundle = new(
        "--allow-unsigned-bundle", null, "Take a bundle of --collateral whoever made it; its documents are verified all the same.");

    public static readonly Setting CollateralCa = new(
        "--collateral-ca", "FILE",
        "The certificate authorities (PEM) that may vouch for the service of --collateral, in place of the system's.");

    public static readonly Setting SimulatedTee = new(
        "--simulated-tee", "sgx|tdx|snp", "What the simulated node has evidence of, for the evidence endpoint.", "sgx and tdx", Many: true);

    public static readonly Setting AcceptSdkSimulation = new(
        "--accept-sdk-simulation-reports", null,
        "Let the simulator quote reports of enclaves in the simulation mode of Intel's SGX SDK, which anybody can forge.");

    /// <summary>All of them, in the order of the help.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Provider, DcapLibraries, TsmReports, Socket, Allocations, Abstract, Qgs, Evidence, Http, StateDirectory, Audit, AuditFlush,
        AllowUnrecorded, AllowNamespace, PodLogs, RequestsPerSecond, QuotesPerMinute, QueuedPerPod, Queued, Connections, AesmdConf, Collateral,
        BundleKey, AllowUnsignedBundle, CollateralCa, SimulatedTee, AcceptSdkSimulation,
    ];
}
