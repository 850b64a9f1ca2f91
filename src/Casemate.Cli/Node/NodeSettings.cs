using Casemate.Cli.Serve;

namespace Casemate.Cli.Node;

/// <summary>The settings of <c>casemate node</c>: the one table that flags, environment variables, help and docs come from.</summary>
internal static class NodeSettings
{
    public static readonly Setting Simulate = new(
        "--simulate", "MACHINE|DIR",
        "Look at a described machine instead of this one: a name of 'casemate node machines', or a directory (a path with a slash).");

    public static readonly Setting SysRoot = new(
        "--sys-root", "DIR", "Where the machine's file system is mounted: sys, dev, proc and boot are looked for below it.", "/");

    public static readonly Setting EpcResource = new(
        "--epc-resource", "auto|azure|openenclave|alibaba|intel|NAME",
        "The one name under which EPC is published; 'auto' takes Azure's for small amounts and Intel's for large ones.", "auto");

    public static readonly Setting EpcDeviceLimit = new(
        "--epc-device-limit-mib", "N", "Up to this much EPC each MiB is a device; above, it is a number in the node's status (at most "
            + "16384).",
        "4096");

    public static readonly Setting EpcReserve = new(
        "--epc-reserve-mib", "N", "EPC that is kept for the node's own enclaves; 16 where quotes are made on the node.", "0");

    public static readonly Setting EnclaveCount = new(
        "--enclave-count", "N", "How many pods may have the enclave device at the same time; 0: it is not offered.", "110");

    public static readonly Setting ProvisionCount = new(
        "--provision-count", "N", "How many pods may have the provisioning device at the same time; 0: it is not offered.", "110");

    public static readonly Setting SconeCount = new(
        "--scone-count", "N", "How many pods may have the enclave device as sgx.k8s.io/sgx, the name that SCONE's charts use; 0: it is not "
            + "offered.",
        "0");

    public static readonly Setting DcapInfrastructure = new(
        "--dcap-infrastructure", null,
        "Offer sgx.intel.com/qe and sgx.intel.com/registration, one each, for Intel's quoting and registration services; with --cdi-dir.");

    public static readonly Setting Dra = new(
        "--dra", null, "Offer EPC by Dynamic Resource Allocation, and by nothing else.");

    public static readonly Setting NoCompatibilityLabels = new(
        "--no-compatibility-labels", null, "Leave out the labels of other plugins: tee and Intel's.");

    public static readonly Setting NoLabels = new(
        "--no-labels", null, "Leave out the labels below casemate.dev/, except that of simulated hardware.");

    public static readonly Setting Taint = new(
        "--taint", "family|aks-engine", "Taint the node: 'family' with the published name, 'aks-engine' as AKS-Engine did.", Many: true);

    public static readonly Setting KubeletRoot = new(
        "--kubelet-dir", "DIR", "The kubelet's directory, which holds device-plugins and pod-resources.", "/var/lib/kubelet");

    public static readonly Setting Kubernetes = new(
        "--kubernetes", "auto|on|off",
        "Look after the Node object; 'auto' does so in a pod, with --kubeconfig and with --dra, 'on' finds the cluster as kubectl does.",
        "auto");

    public static readonly Setting Kubeconfig = new(
        "--kubeconfig", "FILE", "What leads to the API server.",
        "the pod's service account; with --kubernetes on and with --dra also KUBECONFIG and ~/.kube/config");

    public static readonly Setting NodeName = new(
        "--node-name", "NAME", "The name of the Node object.", "NODE_NAME, else the machine's host name");

    public static readonly Setting QuoteHelper = new(
        "--quote-helper", "PATH",
        "Evidence socket of the node's quote helper: the condition SgxQuoteReady tells of it, and the node stays closed until it answers.");

    public static readonly Setting AttestationUrl = new(
        "--attestation-url", "URL",
        "Have the node attested by this 'casemate serve' with evidence of the quote helper; the startup taint goes when it accepts.");

    public static readonly Setting AttestationCertificate = new(
        "--attestation-cert", "FILE", "The only TLS certificate (PEM or DER) that it may show.", "the system's authorities decide");

    public static readonly Setting OpenUnattested = new(
        "--open-unattested-when-ready", null,
        "Remove the startup taint once the scheduler sees what is offered, although nobody attested the node.");

    public static readonly Setting StartupDeadline = new(
        "--startup-deadline-minutes", "N", "How long the node may stay closed before an Event says that it is stuck, 1 to 1440.", "15");

    public static readonly Setting StartupDeadlineAction = new(
        "--startup-deadline-action", "keep|admit",
        "What happens then: it stays closed, or is opened to pods although nobody attested it.", "keep");

    public static readonly Setting AesmAllocations = new(
        "--aesm-allocations", "DIR",
        "Give each allocation a directory in this one and mount it at /var/run/aesmd: for the sockets of "
            + "'casemate quote-helper --allocations'. The path is the same on the node.");

    public static readonly Setting SetAesmAddress = new(
        "--set-aesm-addr", null, "Set SGX_AESM_ADDR=1 in containers with that directory; images without libsgx-quote-ex then fail.");

    public static readonly Setting ProvisionWithEpc = new(
        "--provision-with-epc", null,
        "Give containers with EPC the provisioning device as well, as AKS-Engine and Alibaba did: they can then tell the machine.");

    public static readonly Setting CdiDirectory = new(
        "--cdi-dir", "DIR",
        "Give devices by the Container Device Interface, with a specification in this directory; --dra always does (/var/run/cdi).");

    public static readonly Setting EpcEnforcement = new(
        "--epc-enforcement", "auto|on|off",
        "Hold containers to their EPC by the kernel's EPC controller, through the runtime's NRI: 'auto' where both are there, 'on' warns where "
            + "they are not. Mainline kernels have no such controller. Off with --simulate.",
        "auto");

    public static readonly Setting NriSocket = new(
        "--nri-socket", "PATH|auto|off", "The runtime's NRI socket; 'auto' is /var/run/nri/nri.sock, 'off' does not connect.", "auto");

    public static readonly Setting StandIn = new(
        "--stand-in", "DEVICE", "With --simulate: the harmless device node that containers are given in place of SGX's.", "/dev/null");

    public static readonly Setting RescanSeconds = new("--rescan-seconds", "N", "How often the hardware is looked at, 1 to 3600.", "60");

    public static readonly Setting Http = new(
        "--http", "ADDRESS:PORT|PATH|off", "Where /healthz, /readyz and /metrics are: an address, or a Unix socket.", "127.0.0.1:9465");

    /// <summary>What is looked at.</summary>
    public static readonly IReadOnlyList<Setting> Sources = [Simulate, SysRoot];

    /// <summary>How it is offered.</summary>
    public static readonly IReadOnlyList<Setting> Advertisement =
    [
        EpcResource, EpcDeviceLimit, EpcReserve, EnclaveCount, ProvisionCount, SconeCount, DcapInfrastructure, Dra, NoCompatibilityLabels, NoLabels, Taint,
    ];

    /// <summary>How it is tied to its cluster.</summary>
    public static readonly IReadOnlyList<Setting> Cluster =
    [
        NodeName, Kubernetes, Kubeconfig, QuoteHelper, AttestationUrl, AttestationCertificate, OpenUnattested, StartupDeadline,
        StartupDeadlineAction,
    ];

    /// <summary>What has no effect where the Node object is not looked after.</summary>
    public static readonly IReadOnlyList<Setting> OfNodeObject =
    [
        QuoteHelper, AttestationUrl, AttestationCertificate, OpenUnattested, StartupDeadline, StartupDeadlineAction, NoCompatibilityLabels,
        NoLabels, Taint,
    ];

    /// <summary>How EPC limits are set.</summary>
    public static readonly IReadOnlyList<Setting> Enforcement = [EpcEnforcement, NriSocket];

    /// <summary>All of <c>casemate node</c>.</summary>
    public static IReadOnlyList<Setting> Serve =>
    [
        .. Sources, KubeletRoot, .. Cluster, .. Advertisement, AesmAllocations, SetAesmAddress, ProvisionWithEpc, CdiDirectory,
        .. Enforcement, StandIn, RescanSeconds, Http,
    ];

    /// <summary>All of <c>casemate node remove</c>.</summary>
    public static IReadOnlyList<Setting> Remove => [NodeName, Kubeconfig];

    /// <summary>All of <c>casemate node describe</c>.</summary>
    public static IReadOnlyList<Setting> Describe =>
        [.. Sources, .. Advertisement, .. Enforcement, AesmAllocations, CdiDirectory, Http, SettingsFile.Named];
}
