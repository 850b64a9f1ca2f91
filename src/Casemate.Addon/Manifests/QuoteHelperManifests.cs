namespace Casemate.Addon.Manifests;

/// <summary>The quote helper's DaemonSet, for enclaves. Source of what it needs of the host: docs/quotes.md, "On nodes".</summary>
internal static class QuoteHelperManifests
{
    /// <summary>A directory for each allocation, which the node agent makes and the helper puts a socket into.</summary>
    public static HostMount Allocations { get; } = new("allocations", "/var/run/casemate/aesm", "DirectoryOrCreate");

    /// <summary>The directory that pods written for other helpers mount.</summary>
    public static HostMount Sockets { get; } = new("aesmd", "/var/run/aesmd", "DirectoryOrCreate");

    /// <summary>Where the node agent asks whether quotes are made, and for evidence.</summary>
    public const string EvidenceSocket = "/var/run/aesmd/evidence.socket";

    // A device that comes by a claim brings a directory of its own to /var/run/aesmd, in place of whatever the pod mounts there.
    private const string SocketsBesideAClaim = "/var/run/casemate/sockets";

    private static readonly HostMount s_state = new("state", "/var/lib/casemate", "DirectoryOrCreate");

    /// <summary>In the order in which they are applied.</summary>
    public static IReadOnlyList<ManifestFile> Of(AddonOptions options) =>
    [
        new("quote-helper/10-service-account.yaml", Account),
        .. ClaimsDevices(options) ? [new ManifestFile("quote-helper/20-claim-template.yaml", ClaimTemplate)] : (ManifestFile[])[],
        new("quote-helper/40-daemonset.yaml", DaemonSet(options)),
    ];

    private const string Account = $"""
        # The helper asks the API server for nothing.
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: casemate-quote-helper
          namespace: {AddonOptions.NodeNamespace}
        automountServiceAccountToken: false

        """;

    private const string ClaimTemplate = $"""
        # What each helper's pod gets of its node: the device that makes enclaves, and the provisioning device.
        apiVersion: resource.k8s.io/v1
        kind: ResourceClaimTemplate
        metadata:
          name: casemate-quote-helper
          namespace: {AddonOptions.NodeNamespace}
        spec:
          spec:
            devices:
              requests:
              - name: enclave
                exactly:
                  deviceClassName: sgx-enclave
              - name: provision
                exactly:
                  deviceClassName: sgx-provision

        """;

    // Described machines have no devices, and their quotes need none.
    private static bool ClaimsDevices(AddonOptions options) => options is { HasClaims: true, IsSimulated: false };

    private static string DaemonSet(AddonOptions options)
    {
        var (simulated, claims) = (options.IsSimulated, ClaimsDevices(options));
        HostMount[] mounts = [claims ? Sockets with { MountPath = SocketsBesideAClaim } : Sockets, Allocations, s_state];
        string[] socket = claims ? ["--socket", $"{SocketsBesideAClaim}/aesm.socket"] : [];
        string[] probe =
            ["casemate", "quote-helper", "check", "--dir", s_state.Path, .. socket, .. simulated ? ["--accept-simulated"] : (string[])[]];
        return $"""
            # One quote helper on each node with enclaves. The devices come from the node agent, like those of any other pod; root, since it writes
            # sockets and its record of quotes on the node, without any capability or privilege. Quotes of real enclaves take an image that has Intel's
            # quoting libraries beside the program.
            apiVersion: apps/v1
            kind: DaemonSet
            metadata:
              name: casemate-quote-helper
              namespace: {AddonOptions.NodeNamespace}
              labels:
                app.kubernetes.io/name: casemate-quote-helper
                app: sgx-quote-helper       # by this one users of other add-ons look for it
            spec:
              selector:
                matchLabels:
                  app.kubernetes.io/name: casemate-quote-helper
              updateStrategy:
                type: RollingUpdate
                rollingUpdate:
                  maxUnavailable: 1
                  maxSurge: 0               # two would compete for the sockets
              template:
                metadata:
                  labels:
                    app.kubernetes.io/name: casemate-quote-helper
                    app: sgx-quote-helper
                spec:
                  serviceAccountName: casemate-quote-helper
                  automountServiceAccountToken: false
                  priorityClassName: system-node-critical
                  nodeSelector:
                    kubernetes.io/os: linux
                    sgx.intel.com/capable: "true"
                  tolerations:
                  - operator: Exists
            {Yaml.Block(6, claims ? ["resourceClaims:\n- name: sgx\n  resourceClaimTemplateName: casemate-quote-helper"] : [])}      containers:
                  - name: quote-helper
                    image: {Yaml.Text(options.QuoteHelperImage ?? options.Image)}
                    imagePullPolicy: IfNotPresent
                    command: [casemate, quote-helper]
                    args:
            {Yaml.Block(8, Arguments(simulated).Concat(socket).Select(argument => $"- {Yaml.Text(argument)}"))}        readinessProbe:
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
            {Yaml.Block(12, simulated || claims ? [] : ["sgx.intel.com/enclave: 1", "sgx.intel.com/provision: 1"])}{Yaml.Block(
            10, claims ? ["claims:\n- name: sgx"] : [])}{PodText.End(asRoot: true, mounts)}
            """;
    }

    private static string[] Arguments(bool simulated) =>
    [
        "--provider", simulated ? "simulated" : "dcap", "--state-dir", s_state.Path, "--allocations", Allocations.Path,
        "--http", "/tmp/health.socket",
    ];
}
