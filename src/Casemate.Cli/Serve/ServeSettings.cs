using Casemate.Cli.Commands;
using Casemate.Serve;

namespace Casemate.Cli.Serve;

/// <summary>The settings of <c>casemate serve</c>: the one table that flags, environment variables, help and docs come from.</summary>
internal static class ServeSettings
{
    public static readonly Setting Listen = new(
        "--listen", "ADDRESS:PORT", "Where to listen. Port 0 takes any free one.", "127.0.0.1:8080");

    public static readonly Setting Store = new(
        "--store", "DIR", "Directory with everything that the service keeps: secrets (encrypted), keys, audit log.",
        "serve in the state directory");

    public static readonly Setting Roots = new(
        "--roots", "production|FILE",
        "Accepted roots: 'production' for all pinned roots of Intel and AMD, or a PEM file with some of them.",
        "production", Many: true);

    public static readonly Setting AllowSimulated = new(
        "--allow-simulated", "FILE",
        "Accept evidence of the simulator whose roots are in this PEM file. Such evidence proves nothing: for tests only.", Many: true);

    public static readonly Setting Collateral = new(
        "--collateral", "FILE|DIR",
        "Certificates, revocation lists, TCB info and QE identities to verify evidence with; or a bundle "
        + "of casemate run --evidence-out.");

    public static readonly Setting Policy = new(
        "--policy", "FILE", "Appraisal policy (YAML): which workloads may have secrets. Without one, no workload may.");

    public static readonly Setting TlsCert = new(
        "--tls-cert", "FILE", "TLS certificate chain (PEM). Without one, the service makes a certificate of its own.");

    public static readonly Setting TlsKey = new("--tls-key", "FILE", "Private key of the TLS certificate (PEM).");

    public static readonly Setting HostName = new(
        "--host-name", "NAME", "A name or address that clients use, for the certificate that the service makes.", Many: true);

    public static readonly Setting PlainHttp = new(
        "--plain-http", null, "Serve HTTP without TLS; only on a loopback address.");

    public static readonly Setting AcceptSampleEvidence = new(
        "--accept-sample-evidence", null,
        "Accept 'sample' evidence, which anybody can write. The policy must accept it too. For tests of the protocol only.");

    public static readonly Setting KbsCompatibleStatusCodes = new(
        "--kbs-compatible-status-codes", null,
        "Answer every refusal with 401, as older clients expect, instead of 400, 403 and 404 for a resource.");

    /// <summary>All of them, in the order of the help.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Listen, Store, Roots, AllowSimulated, Collateral, Policy, TlsCert, TlsKey, HostName, PlainHttp, AcceptSampleEvidence,
        KbsCompatibleStatusCodes,
    ];

    /// <summary>What the options of any service over HTTP are called: for <see cref="OptionFlags"/>.</summary>
    public static IReadOnlyList<(string Option, Setting Setting)> TlsFlags { get; } =
    [
        (nameof(HttpServiceOptions.TlsCertificatePath), TlsCert),
        (nameof(HttpServiceOptions.TlsKeyPath), TlsKey),
        (nameof(HttpServiceOptions.PlainHttp), PlainHttp),
        (nameof(HttpServiceOptions.HostNames), HostName),
    ];

    /// <summary>Reads the settings of TLS into the options of a service over HTTP.</summary>
    public static TOptions WithTls<TOptions>(TOptions options, CommandContext context)
        where TOptions : HttpServiceOptions => (TOptions)((HttpServiceOptions)options with
        {
            PlainHttp = PlainHttp.IsOn(context),
            TlsCertificatePath = TlsCert.Given(context),
            TlsKeyPath = TlsKey.Given(context),
            HostNames = [.. HostName.Values(context)],
        });
}
