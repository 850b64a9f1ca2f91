namespace Casemate.Cli.Doctor;

/// <summary>
/// The questions of <c>casemate doctor</c>. Closed: a new question is a new member, its name is public API, and the handbook's page
/// 'doctor' has a row for it.
/// </summary>
internal enum DoctorFindingId
{
    /// <summary>Whether the processor has a TEE, or the machine is a confidential guest.</summary>
    Processor,

    /// <summary>Whether the firmware switched SGX on and gave it memory.</summary>
    Firmware,

    /// <summary>Whether the kernel was built with SGX.</summary>
    Kernel,

    /// <summary>Whether one driver, and the right one, serves SGX.</summary>
    Driver,

    /// <summary>Whether the device nodes are there, and are devices.</summary>
    DeviceNodes,

    /// <summary>Who may open the device nodes.</summary>
    DeviceModes,

    /// <summary>Whether kernel and processor agree on an amount of EPC above zero.</summary>
    Epc,

    /// <summary>Whether the kernel can limit EPC.</summary>
    EpcEnforcement,

    /// <summary>Whether SNP and TDX guests can be started here, or make evidence here.</summary>
    ConfidentialGuests,

    /// <summary>Whether everything that the kernel tells could be read and makes sense.</summary>
    KernelFiles,

    /// <summary>Whether programs can still watch files.</summary>
    InotifyLimit,

    /// <summary>Whether programs can still open files.</summary>
    OpenFiles,

    /// <summary>Whether this machine's clock agrees with the API server's.</summary>
    Clock,

    /// <summary>Whether the kubelet's directory of device plugins is there.</summary>
    KubeletDirectory,

    /// <summary>Whether the kubelet listens for device plugins.</summary>
    KubeletSocket,

    /// <summary>Whether the kubelet tells what pods hold.</summary>
    PodResourcesSocket,

    /// <summary>Whether the kubelet's directory for DRA drivers is there.</summary>
    PluginRegistry,

    /// <summary>Whether the node agent's sockets are there and answer.</summary>
    PluginSockets,

    /// <summary>Whether the kubelet took what the agent offers.</summary>
    PluginRegistered,

    /// <summary>Whether somebody else offers SGX on this node.</summary>
    PluginRivals,

    /// <summary>Whether the AESM socket is there.</summary>
    QuoteSocket,

    /// <summary>Whether clients get quotes there.</summary>
    QuoteHelper,

    /// <summary>Whether quotes come from hardware.</summary>
    QuoteSimulated,

    /// <summary>Whether one service alone serves quotes.</summary>
    QuoteRivals,

    /// <summary>Whether evidence of the node can be had.</summary>
    EvidenceSocket,

    /// <summary>Whether the collateral that is kept here verifies and lasts.</summary>
    CollateralFresh,

    /// <summary>Whether the API server answers, and is new enough.</summary>
    ApiServer,

    /// <summary>Whether the API server serves the kinds that the add-on uses.</summary>
    ServedKinds,

    /// <summary>Whether the API server's clock agrees with this one.</summary>
    ServerClock,

    /// <summary>Whether the nodes' clocks agree with the API server's.</summary>
    NodeClocks,

    /// <summary>Whether the add-on is in the cluster.</summary>
    AddonInstalled,

    /// <summary>Whether the node agent is rolled out.</summary>
    AgentRollout,

    /// <summary>Whether the pods of the add-on are ready.</summary>
    AgentPods,

    /// <summary>Whether somebody else offers SGX in the cluster.</summary>
    OtherPlugins,

    /// <summary>Whether any node offers EPC.</summary>
    EpcOffered,

    /// <summary>Whether the scheduler sees all that is offered.</summary>
    EpcAdvertised,

    /// <summary>Whether a list of devices is too long for the kubelet.</summary>
    EpcListLimit,

    /// <summary>Whether a node's EPC is offered once.</summary>
    EpcTwice,

    /// <summary>Whether pods with EPC get the device node, too.</summary>
    EnclaveDevice,

    /// <summary>What the nodes' conditions say.</summary>
    NodeConditions,

    /// <summary>Whether nodes wait for their attestation.</summary>
    StartupTaint,

    /// <summary>Whether the API server asks the webhook.</summary>
    WebhookConfigured,

    /// <summary>Whether a webhook that is down can lock the cluster.</summary>
    WebhookPolicy,

    /// <summary>Whether the API server knows whose certificates are good.</summary>
    WebhookAuthorities,

    /// <summary>Whether the webhook's certificate is good.</summary>
    WebhookCertificate,

    /// <summary>Whether pods of the webhook are ready.</summary>
    WebhookEndpoints,

    /// <summary>Whether a pod comes back from the webhook completed.</summary>
    WebhookAnswers,

    /// <summary>Whether the quote helper is rolled out.</summary>
    QuoteHelperRollout,

    /// <summary>Whether pods wait for quotes that nobody makes.</summary>
    QuoteHelperWanted,

    /// <summary>Whether pods wait for more EPC than any node has.</summary>
    PodEpcTooLarge,

    /// <summary>Whether pods mean the amounts of EPC that they write.</summary>
    PodEpcUnits,

    /// <summary>Whether pods ask for names that no node offers.</summary>
    PodUnknownResource,

    /// <summary>Whether pods take the device nodes by hand.</summary>
    PodPrivilegedSgx,

    /// <summary>Whether Pod Security refuses pods their hostPath.</summary>
    PodHostPathDenied,

    /// <summary>Whether quotas of EPC are used up.</summary>
    EpcQuota,

    /// <summary>Whether the pod is there.</summary>
    PodThere,

    /// <summary>Whether the pod has a node, and why not.</summary>
    PodScheduling,

    /// <summary>What each node lacks for the pod.</summary>
    PodPlacement,

    /// <summary>Whether its containers run.</summary>
    PodContainers,

    /// <summary>Whether it has the device beside EPC.</summary>
    PodDevices,

    /// <summary>Whether it can get quotes.</summary>
    PodQuotes,

    /// <summary>Whether its node is attested.</summary>
    PodAttestation,

    /// <summary>What was told about it.</summary>
    PodEvents,
}
