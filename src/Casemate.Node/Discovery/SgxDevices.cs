namespace Casemate.Node.Discovery;

/// <summary>The device nodes of SGX: which driver they are of, and what a container is given of them.</summary>
internal sealed record SgxDevices(SgxDriver Driver, DeviceNode? Enclave, DeviceNode? Provision)
{
    private const string Vepc = "/dev/sgx_vepc";
    private static readonly string[] EnclaveSpellings = ["/dev/sgx_enclave", "/dev/sgx/enclave"];
    private static readonly string[] ProvisionSpellings = ["/dev/sgx_provision", "/dev/sgx/provision"];

    public ValueList<ContainerDevice> ForEnclaves => Given(Enclave, EnclaveSpellings);

    public ValueList<ContainerDevice> ForProvisioning => Given(Provision, ProvisionSpellings);

    /// <summary>Looks for the nodes of every driver, the newest first.</summary>
    public static SgxDevices Find(ScanNotes look)
    {
        var inKernel = look.FindNode(EnclaveSpellings[0]);
        var dcap = look.FindNode(EnclaveSpellings[1]);
        var early = look.FindNode("/dev/sgx", mayBeDirectory: true);
        var isgx = look.FindNode("/dev/isgx");
        var gsgx = look.FindNode("/dev/gsgx");
        var provision = look.FindNode(ProvisionSpellings[0]) ?? look.FindNode(ProvisionSpellings[1]);
        var earlyProvision = look.FindNode("/dev/sgx_prv");

        // A link such as /dev/sgx_enclave -> sgx/enclave means the driver of the node that it leads to.
        Candidate[] found =
        [
            new(inKernel?.RealPath == EnclaveSpellings[1] ? SgxDriver.Dcap : SgxDriver.InKernel, inKernel, provision),
            new(dcap?.RealPath == EnclaveSpellings[0] ? SgxDriver.InKernel : SgxDriver.Dcap, dcap, provision),
            new(SgxDriver.DcapEarly, early, earlyProvision),
            new(SgxDriver.Isgx, isgx, null),
            new(SgxDriver.Gsgx, gsgx, null),
        ];
        // Where both are the same device, it is that of the path at which it really is.
        var genuine = found.Select(candidate => candidate.Node).OfType<DeviceNode>()
            .Where(node => node.Path == node.RealPath).Select(node => node.RealPath).ToHashSet();
        if (provision is not null && genuine.Contains(provision.RealPath))
        {
            provision = null;
        }

        var forbidden = Numbers(look, Vepc).Concat(Numbers(provision)).Concat(Numbers(earlyProvision)).ToHashSet();
        var usable = found.Where(candidate => candidate.Node is not null && IsEnclaveNode(look, candidate.Node, forbidden)).ToList();
        if (usable.Count == 0)
        {
            return new SgxDevices(SgxDriver.None, null, provision ?? earlyProvision);
        }

        var used = usable[0];
        if (usable.Find(other => Number(other.Node!) != Number(used.Node!)) is { Node: { } second })
        {
            look.Note(
                FindingId.SeveralDrivers, $"{used.Node!.RealPath} and {second.RealPath} are different devices; "
                    + $"{used.Node.RealPath} is used.",
                "Unload the older driver, so that programs on the host and in containers use the same one.");
        }

        var isProvisioning = used.Provision is { } node && Number(node) != Number(used.Node!) && !Numbers(look, Vepc).Contains(Number(node));
        var given = isProvisioning ? used.Provision : null;
        return new SgxDevices(used.Driver, used.Node, given);
    }

    // Under both modern spellings, mapped to the one real node; every other node as it is.
    private static ValueList<ContainerDevice> Given(DeviceNode? node, string[] spellings)
    {
        if (node is null)
        {
            return [];
        }

        return spellings.Contains(node.Path)
            ? [.. spellings.Select(spelling => new ContainerDevice(node.RealPath, spelling))]
            : [new ContainerDevice(node.RealPath, node.Path)];
    }

    private static bool IsEnclaveNode(ScanNotes look, DeviceNode node, HashSet<(uint, uint)> forbidden)
    {
        if (!forbidden.Contains(Number(node)))
        {
            return true;
        }

        look.Error(
            FindingId.NotACharacterDevice,
            $"{node.Path} leads to {node.RealPath}, which is not the enclave device but that of KVM or of provisioning; no container "
                + "is given it.",
            "Remove the link, or let udev make it again (udevadm trigger).");
        return false;
    }

    private static IEnumerable<(uint, uint)> Numbers(ScanNotes look, string path) =>
        Numbers(DeviceLookup.Resolve(look.Sources.Devices, path).AsNode(path));

    private static IEnumerable<(uint, uint)> Numbers(DeviceNode? node) => node is null ? [] : [Number(node)];

    private static (uint, uint) Number(DeviceNode node) => (node.Major, node.Minor);

    // A class: of a tuple, each query would have code of its own, to be loaded when the agent starts.
    private sealed record Candidate(SgxDriver Driver, DeviceNode? Node, DeviceNode? Provision);
}
