using Casemate.Node.Discovery;
using Casemate.Node.Resources;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet.DevicePlugin;

namespace Casemate.Node.DevicePlugin;

/// <summary>What a container gets with its devices: nodes, the AESM directory, environment, annotations.</summary>
internal sealed class ContainerGrants(DevicePluginSettings settings)
{
    /// <summary>The annotation with the allocation's name.</summary>
    public const string AllocationAnnotation = "casemate.dev/allocation";

    /// <summary>The annotation with its EPC in bytes.</summary>
    public const string EpcAnnotation = "casemate.dev/epc-bytes";

    private const UnixFileMode ForAllToEnter =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Makes the answer for one container.</summary>
    /// <param name="kind">What its devices give.</param>
    /// <param name="sgx">The node's SGX at this moment; null when there is none any more.</param>
    /// <param name="allocation">The devices.</param>
    /// <exception cref="RpcException">The node cannot give it at this moment.</exception>
    public ContainerAllocateResponse Make(ResourceKind kind, SgxHardware? sgx, Allocation allocation)
    {
        var answer = new ContainerAllocateResponse();
        AddDevices(answer, kind, sgx);
        answer.Annotations[AllocationAnnotation] = allocation.Id;
        if (kind is ResourceKind.Epc)
        {
            answer.Annotations[EpcAnnotation] = allocation.Bytes.ToString(System.Globalization.CultureInfo.InvariantCulture);
            answer.Envs["SGX_VISIBLE_DEVICES"] = string.Join(',', allocation.Devices.Select(EpcDeviceIds.Of));
        }

        if (settings.StandIn is not null)
        {
            answer.Annotations["casemate.dev/simulated"] = "true";
            answer.Envs["CASEMATE_SIMULATED"] = "1";
        }

        // Whoever quotes for others has no use for their socket.
        if (settings.AesmAllocations is { } root && kind is (ResourceKind.Epc or ResourceKind.Enclave or ResourceKind.Scone))
        {
            AddAesm(answer, Path.Combine(root, allocation.Id));
        }

        return answer;
    }

    /// <summary>Makes a directory of AESM sockets, which every container may enter; one that is there is as good.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public static void MakeDirectory(string directory)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory, ForAllToEnter);
        }
    }

    private void AddDevices(ContainerAllocateResponse answer, ResourceKind kind, SgxHardware? sgx)
    {
        var enclave = kind is not ResourceKind.Provision;
        var provision = kind is ResourceKind.Provision or ResourceKind.QuotingEnclave or ResourceKind.Registration
            || (kind is ResourceKind.Epc && settings.ProvisionWithEpc && sgx?.Provision is not null);
        if ((enclave && sgx?.Enclave is null) || (provision && sgx?.Provision is null))
        {
            throw new RpcException(
                RpcStatus.FailedPrecondition,
                $"The SGX device that {(enclave && sgx?.Enclave is null ? "makes enclaves" : "gives the provisioning key")} is missing on this node at present.");
        }

        if (settings.CdiDirectory is not null)
        {
            AddCdi(answer, enclave, CdiDevices.Enclave);
            AddCdi(answer, provision, CdiDevices.Provision);
            AddCdi(answer, kind is ResourceKind.Registration, CdiDevices.Registration);
            return;
        }

        foreach (var device in (enclave ? sgx!.EnclaveDevices : []).Concat(provision ? sgx!.ProvisionDevices : []))
        {
            answer.Devices.Add(new DeviceSpec
            {
                HostPath = settings.StandIn ?? device.HostPath,
                ContainerPath = device.ContainerPath,
                Permissions = "rw",
            });
        }
    }

    private static void AddCdi(ContainerAllocateResponse answer, bool wanted, string device)
    {
        if (wanted)
        {
            answer.CdiDevices.Add(new CDIDevice { Name = CdiDevices.NameOf(device) });
        }
    }

    // The directory and not the socket in it: so it outlives a restart of the quote helper. Read-only: the socket itself can be used.
    private void AddAesm(ContainerAllocateResponse answer, string directory)
    {
        try
        {
            MakeDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RpcException(
                RpcStatus.Internal, $"The directory {directory} for the AESM socket cannot be made: {e.Message.TrimEnd('.')}.", e);
        }

        answer.Mounts.Add(new Mount { HostPath = directory, ContainerPath = DevicePluginSettings.AesmContainerPath, ReadOnly = true });
        if (settings.SetAesmAddress)
        {
            answer.Envs["SGX_AESM_ADDR"] = "1";
        }
    }
}
