using Casemate.Kubernetes;

namespace Casemate.Addon.Manifests;

/// <summary>The node agent's DaemonSet. Source of what it needs of the host: docs/node.md, "Running the agent".</summary>
internal static class NodeDaemonSet
{
    private static readonly HostMount[] s_hardware =
    [
        new("dev", "/dev", "Directory", "/host/dev", ReadOnly: true),
        new("sys", "/sys", "Directory", "/host/sys", ReadOnly: true),
        new("cpuinfo", "/proc/cpuinfo", "File", "/host/proc/cpuinfo", ReadOnly: true),
        new("osrelease", "/proc/sys/kernel/osrelease", "File", "/host/proc/sys/kernel/osrelease", ReadOnly: true),
    ];

    private static readonly HostMount[] s_devicePlugin =
    [
        new("device-plugins", "/var/lib/kubelet/device-plugins", "Directory"),
        new("pod-resources", "/var/lib/kubelet/pod-resources", "Directory", ReadOnly: true),
    ];

    private static readonly HostMount[] s_dra =
    [
        new("plugins-registry", "/var/lib/kubelet/plugins_registry", "Directory"),
        new("plugin", "/var/lib/kubelet/plugins/sgx.casemate.dev", "DirectoryOrCreate"),
        new("cdi", "/var/run/cdi", "DirectoryOrCreate"),
    ];

    /// <summary>The manifest.</summary>
    public static string Text(AddonOptions options)
    {
        var quotes = options.HasQuoteHelper;
        return $"""
            # One agent on each Linux node; where there is no trusted hardware it offers nothing. Root, since the kubelet's sockets are root's, and
            # without any capability or privilege. An image that nobody named is 'casemate': put registry.example/casemate@sha256:... in its place,
            # or what was imported on the nodes from an archive casemate:1, docker.io/library/casemate:1.
            apiVersion: apps/v1
            kind: DaemonSet
            metadata:
              name: casemate-node
              namespace: {AddonOptions.NodeNamespace}
              labels:
                app.kubernetes.io/name: casemate-node
            {Yaml.Block(4, Labels(options))}spec:
              selector:
                matchLabels:
                  app.kubernetes.io/name: casemate-node
              updateStrategy:
                type: RollingUpdate
                rollingUpdate:
            {Yaml.Block(6, Replacement(options))}  template:
                metadata:
                  labels:
                    app.kubernetes.io/name: casemate-node
            {Yaml.Block(8, Labels(options))}    spec:
                  serviceAccountName: casemate-node
                  priorityClassName: system-node-critical
                  nodeSelector:
                    kubernetes.io/os: linux
                  tolerations:
                  - operator: Exists        # the startup taint as well: it is the agent that takes it off
                  containers:
                  - name: node
                    image: {Yaml.Text(options.Image)}
                    imagePullPolicy: IfNotPresent   # an image that was imported is in no registry; one with a digest does not change
                    command: [casemate, node]
                    args:
            {Yaml.Block(8, Arguments(options, quotes).Select(argument => $"- {Yaml.Text(argument)}"))}        env:
                    - name: NODE_NAME
                      valueFrom:
                        fieldRef:
                          fieldPath: spec.nodeName
                    ports:
                    - name: http
                      containerPort: 9465
            {PodText.HttpProbes}        resources:
                      requests:
                        cpu: 10m
                        memory: 64Mi
                      limits:
                        memory: 128Mi
            {PodText.End(asRoot: true, [.. Mounts(options, quotes)])}
            """;
    }

    /// <summary>What a quote helper on the node adds to the arguments.</summary>
    public static IReadOnlyList<string> QuoteArguments { get; } =
    [
        "--aesm-allocations", QuoteHelperManifests.Allocations.Path, "--epc-reserve-mib", "16",
        "--quote-helper", QuoteHelperManifests.EvidenceSocket,
    ];

    /// <summary>What a quote helper on the node adds to what the agent has of the host.</summary>
    public static IReadOnlyList<HostMount> QuoteMounts { get; } =
        [QuoteHelperManifests.Allocations, QuoteHelperManifests.Sockets with { ReadOnly = true }];

    // A pod that is placed while no device plugin answers is rejected by the kubelet for good: the next agent comes before the last one goes.
    // Claims are prepared again and again until an agent answers; two drivers of one name would compete.
    private static string[] Replacement(AddonOptions options) => options.Overlay is AddonOverlay.Dra
        ? ["maxUnavailable: 1", "maxSurge: 0               # two drivers of one name would compete; the kubelet asks again until one answers"]
        : ["maxUnavailable: 0         # a pod that is placed while no device plugin answers fails for good", "maxSurge: 1"];

    // By these users of other add-ons look for the plugin's pods.
    private static string[] Labels(AddonOptions options) => options.Overlay switch
    {
        AddonOverlay.Aks => ["app: sgx-plugin"],
        AddonOverlay.AksEngine => ["app: sgx-device-plugin"],
        _ => [],
    };

    private static IEnumerable<string> Arguments(AddonOptions options, bool quotes) =>
    [
        .. options.IsSimulated ? ["--simulate", options.Machine] : (string[])["--sys-root", "/host"],
        "--kubernetes", "on", "--http", "0.0.0.0:9465",
        .. options.Overlay switch
        {
            AddonOverlay.AksEngine => ["--epc-resource", options.EpcFamily?.Key ?? "openenclave", "--provision-with-epc"],
            AddonOverlay.Dra => ["--dra"],
            _ => options.EpcFamily is { } family ? ["--epc-resource", family.Key] : (string[])[],
        },
        .. options.LeftToOthers.Contains(AccessResource.Enclave) ? ["--enclave-count", "0"] : (string[])[],
        .. options.LeftToOthers.Contains(AccessResource.Provision) ? ["--provision-count", "0"] : (string[])[],
        .. quotes ? QuoteArguments : [],
    ];

    private static IEnumerable<HostMount> Mounts(AddonOptions options, bool quotes) =>
    [
        .. options.HasClaims ? s_dra : s_devicePlugin,
        .. options.IsSimulated ? [] : s_hardware,
        .. quotes ? QuoteMounts : [],
    ];
}
