using Casemate.Node.Discovery;
using Casemate.Node.Machines;

namespace Casemate.Addon.Manifests;

/// <summary>
/// The quote helper's DaemonSets: one for enclaves, and where devices come by claims one for each kind of confidential guest. Source of
/// what they need of the host: docs/quotes.md, "On nodes".
/// </summary>
internal static class QuoteHelperManifests
{
    /// <summary>The name of the helper for enclaves, and of its account; the others' names begin with it.</summary>
    public const string Name = "casemate-quote-helper";

    /// <summary>The helper on nodes that are trust domains of Intel TDX.</summary>
    public const string TdxName = $"{Name}-tdx";

    /// <summary>The helper on nodes that are guests of AMD SEV-SNP.</summary>
    public const string SnpName = $"{Name}-snp";

    /// <summary>A directory for each allocation, which the node agent makes and the helper puts a socket into.</summary>
    public static HostMount Allocations { get; } = new("allocations", "/var/run/casemate/aesm", "DirectoryOrCreate");

    /// <summary>The directory that pods written for other helpers mount.</summary>
    public static HostMount Sockets { get; } = new("aesmd", "/var/run/aesmd", "DirectoryOrCreate");

    /// <summary>Where the node agent asks whether quotes are made, and for evidence.</summary>
    public const string EvidenceSocket = "/var/run/aesmd/evidence.socket";

    // A device that comes by a claim brings a directory of its own to /var/run/aesmd, in place of whatever the pod mounts there.
    private const string SocketsBesideAClaim = "/var/run/casemate/sockets";

    // Not at its own place: that lies in a file system where runtimes cannot make a place to mount at, and AppArmor refuses to write below it.
    private static readonly HostMount s_reports =
        new("tsm-reports", "/sys/kernel/config/tsm/report", "Directory", "/host/tsm-reports");

    private static readonly HostMount s_state = new("state", "/var/lib/casemate", "DirectoryOrCreate");

    private static readonly QuoteHelperForm s_enclaves = new(Name, "dcap")
    {
        Comment = """
            # One quote helper on each node with enclaves. The devices come from the node agent, like those of any other pod; root, since it writes
            # sockets and its record of quotes on the node, without any capability or privilege. Quotes of real enclaves take an image that has Intel's
            # quoting libraries beside the program.
            """,
        NodeLabel = "sgx.intel.com/capable",
        Resources = ["sgx.intel.com/enclave: 1", "sgx.intel.com/provision: 1"],
    };

    private static readonly QuoteHelperForm s_enclavesByClaim = s_enclaves with
    {
        Resources = [],
        Claims = [("enclave", "sgx-enclave"), ("provision", "sgx-provision")],
    };

    private static readonly QuoteHelperForm s_snpGuests = new(SnpName, "snp")
    {
        Comment = """
            # One quote helper on each node that is a guest of SEV-SNP. It asks the guest's device, which it claims, and which is root's.
            """,
        NodeLabel = "casemate.dev/snp-guest",
        Claims = [("guest", "snp-guest")],
    };

    // The device gives reports alone; for quotes of them a container would need vsock, which the default seccomp profile keeps it from.
    private static readonly QuoteHelperForm s_tdxGuests = new(TdxName, "tsm")
    {
        Comment = """
            # One quote helper on each node that is a trust domain. It asks configfs-tsm (Linux 6.7 or later), which is root's; of configfs it sees the
            # directory of reports and nothing else.
            """,
        NodeLabel = "casemate.dev/tdx-guest",
        Arguments = ["--tsm-reports", s_reports.MountPath!],
        Mounts = [s_reports],
    };

    /// <summary>In the order in which they are applied.</summary>
    public static IReadOnlyList<ManifestFile> Of(AddonOptions options) =>
    [
        new("quote-helper/10-service-account.yaml", Account),
        .. FormsOf(options).Where(form => form.Claims.Count > 0)
            .Select(form => new ManifestFile($"quote-helper/20-claim-template{form.Suffix}.yaml", ClaimTemplate(form))),
        .. FormsOf(options).Select(form => new ManifestFile($"quote-helper/40-daemonset{form.Suffix}.yaml", DaemonSet(form, options))),
    ];

    /// <summary>The DaemonSets, by name, with what the nodes are that they are for.</summary>
    /// <param name="options">What the add-on is made of.</param>
    public static IEnumerable<(string Name, string Nodes)> Parts(AddonOptions options) =>
        FormsOf(options).Select(form => (form.Name, form.Name switch { TdxName => "TDX guests", SnpName => "SEV-SNP guests", _ => "" }));

    private const string Account = $"""
        # The helper asks the API server for nothing.
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: {Name}
          namespace: {AddonOptions.NodeNamespace}
        automountServiceAccountToken: false

        """;

    private static IReadOnlyList<QuoteHelperForm> FormsOf(AddonOptions options) =>
        options.IsSimulated ? [Described(options.Machine)]
        : options.HasClaims ? [s_enclavesByClaim, s_tdxGuests, s_snpGuests]
        : [s_enclaves];

    // Described machines have no devices, and their quotes need none.
    private static QuoteHelperForm Described(string machine)
    {
        var hardware = DescribedMachine.TryLoad(machine, out var found, out _) ? new HardwareScanner(found!.Sources).Scan() : null;
        var guest = hardware?.SnpGuest is not null ? "snp" : hardware?.TdxGuest is not null ? "tdx" : null;
        return s_enclaves with
        {
            Provider = "simulated",
            NodeLabel = guest is null ? s_enclaves.NodeLabel : $"casemate.dev/{guest}-guest",
            Resources = [],
            Arguments = guest is null ? [] : ["--simulated-tee", guest],
        };
    }

    private static string ClaimTemplate(QuoteHelperForm form) => $"""
        # What each helper's pod gets of its node.
        apiVersion: resource.k8s.io/v1
        kind: ResourceClaimTemplate
        metadata:
          name: {form.Name}
          namespace: {AddonOptions.NodeNamespace}
        spec:
          spec:
            devices:
              requests:
        {Yaml.Block(
            6, form.Claims.Select(claim => $"- name: {claim.Request}\n  exactly:\n    deviceClassName: {claim.DeviceClass}"))}
        """;

    private static string DaemonSet(QuoteHelperForm form, AddonOptions options)
    {
        var (simulated, claims) = (options.IsSimulated, form.Claims.Count > 0);
        HostMount[] mounts = [claims ? Sockets with { MountPath = SocketsBesideAClaim } : Sockets, Allocations, s_state, .. form.Mounts];
        string[] socket = claims ? ["--socket", $"{SocketsBesideAClaim}/aesm.socket"] : [];
        string[] probe =
            ["casemate", "quote-helper", "check", "--dir", s_state.Path, .. socket, .. simulated ? ["--accept-simulated"] : (string[])[]];
        string[] arguments =
        [
            "--provider", form.Provider, "--state-dir", s_state.Path, "--allocations", Allocations.Path, "--http", "/tmp/health.socket",
            .. socket, .. form.Arguments,
        ];
        return $"""
            {form.Comment}
            apiVersion: apps/v1
            kind: DaemonSet
            metadata:
              name: {form.Name}
              namespace: {AddonOptions.NodeNamespace}
              labels:
                app.kubernetes.io/name: {form.Name}
                app: sgx-quote-helper       # by this one users of other add-ons look for it
            spec:
              selector:
                matchLabels:
                  app.kubernetes.io/name: {form.Name}
              updateStrategy:
                type: RollingUpdate
                rollingUpdate:
                  maxUnavailable: 1
                  maxSurge: 0               # two would compete for the sockets
              template:
                metadata:
                  labels:
                    app.kubernetes.io/name: {form.Name}
                    app: sgx-quote-helper
                spec:
                  serviceAccountName: {Name}
                  automountServiceAccountToken: false
                  priorityClassName: system-node-critical
                  nodeSelector:
                    kubernetes.io/os: linux
                    {form.NodeLabel}: "true"
                  tolerations:
                  - operator: Exists
            {Yaml.Block(6, claims ? [$"resourceClaims:\n- name: device\n  resourceClaimTemplateName: {form.Name}"] : [])}      containers:
                  - name: quote-helper
                    image: {Yaml.Text(options.QuoteHelperImage ?? options.Image)}
                    imagePullPolicy: IfNotPresent
                    command: [casemate, quote-helper]
                    args:
            {Yaml.Block(8, arguments.Select(argument => $"- {Yaml.Text(argument)}"))}        readinessProbe:
                      exec:
                        command: [{string.Join(", ", probe)}]
                      periodSeconds: 60
                      timeoutSeconds: 20
                    resources:
                      requests:
                        cpu: 10m
                        memory: 64Mi
                      limits:
                        memory: 256Mi
            {Yaml.Block(12, form.Resources)}{Yaml.Block(10, claims ? ["claims:\n- name: device"] : [])}{PodText.End(asRoot: true, mounts)}
            """;
    }
}
