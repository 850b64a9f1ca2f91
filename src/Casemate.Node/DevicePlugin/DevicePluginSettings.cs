namespace Casemate.Node.DevicePlugin;

/// <summary>Where the device plugin meets the kubelet, and what it puts into containers.</summary>
public sealed record DevicePluginSettings
{
    /// <summary>Container path of the AESM directory, where every runtime looks for it.</summary>
    public const string AesmContainerPath = "/var/run/aesmd";

    /// <summary>The kubelet's directory of plugin sockets. It is here whatever the kubelet's root directory is.</summary>
    public string Directory { get; init; } = "/var/lib/kubelet/device-plugins";

    /// <summary>
    /// The kubelet's pod-resources socket, from which the ledger is rebuilt; null: not used, and after a restart the agent trusts the
    /// kubelet's own book-keeping of devices.
    /// </summary>
    public string? PodResourcesSocket { get; init; } = "/var/lib/kubelet/pod-resources/kubelet.sock";

    /// <summary>
    /// Directory in which each allocation gets one for the quote helper's AESM socket (<c>casemate quote-helper --allocations</c>), the
    /// same path on the node and in this process. Null: nothing is mounted. Default null.
    /// </summary>
    public string? AesmAllocations { get; init; }

    /// <summary>
    /// Give containers with EPC the provisioning device as well, as AKS-Engine's and Alibaba's plugins did. It lets a container compute
    /// an identifier of the machine. Default false.
    /// </summary>
    public bool ProvisionWithEpc { get; init; }

    /// <summary>
    /// Set <c>SGX_AESM_ADDR=1</c> where the AESM directory is mounted: Open Enclave then leaves its in-process mode, and images without
    /// libsgx-quote-ex break. Default false.
    /// </summary>
    public bool SetAesmAddress { get; init; }

    /// <summary>
    /// Directory for a Container Device Interface specification; devices are then given by CDI name and not as device nodes. Only with a
    /// runtime that reads CDI. Null: not used. Default null.
    /// </summary>
    public string? CdiDirectory { get; init; }

    /// <summary>
    /// A harmless device node of the host, such as <c>/dev/null</c>, that stands for every device of a described machine. Null: the real
    /// ones. Default null.
    /// </summary>
    public string? StandIn { get; init; }

    /// <summary>How often to look again without being told of a change. 1 s to 1 min, default 10 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an allocation is kept after the kubelet last listed it: its EPC stays counted and its AESM directory stays. 1 s to 1 h,
    /// default 5 min.
    /// </summary>
    public TimeSpan SweepGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, path) in new[]
        {
            (nameof(Directory), Directory), (nameof(PodResourcesSocket), PodResourcesSocket), (nameof(AesmAllocations), AesmAllocations),
            (nameof(CdiDirectory), CdiDirectory), (nameof(StandIn), StandIn),
        })
        {
            if (path is not null && !Path.IsPathFullyQualified(path))
            {
                yield return $"{name} is '{path}': use an absolute path.";
            }
        }

        if (SetAesmAddress && AesmAllocations is null)
        {
            yield return $"{nameof(SetAesmAddress)} is set without {nameof(AesmAllocations)}: there is no socket to announce; set both.";
        }

        if (PollInterval < TimeSpan.FromSeconds(1) || PollInterval > TimeSpan.FromMinutes(1))
        {
            yield return $"{nameof(PollInterval)} is {PollInterval}: use 1 s to 1 min (default 10 s).";
        }

        if (SweepGrace < TimeSpan.FromSeconds(1) || SweepGrace > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(SweepGrace)} is {SweepGrace}: use 1 s to 1 h (default 5 min).";
        }
    }
}
