using System.Text;
using Casemate.Kubernetes;
using Casemate.Node;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Ledger;
using Casemate.Node.Machines;
using Casemate.Node.Metrics;
using Casemate.Node.Resources;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Kubelet.PodResources;
using Casemate.Rpc.Wire;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What a kubelet may ask and answer, and what an API server may say of a claim.</summary>
public static class KubeletTargets
{
    private const long MiB = 1 << 20;
    private const int Devices = 56;
    private static readonly string s_epc = ResourceFamily.Azure.Name;
    private static readonly NodeHardware s_hardware = Machine();
    private static readonly NodeMetrics s_metrics = new();
    private static readonly PlannedBank[] s_banks = [new(0, Devices / 2 * MiB, 0, Devices / 2, Devices / 2 * MiB), new(1, Devices / 2 * MiB, 0, Devices / 2, Devices / 2 * MiB)];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("plugin-allocate", Allocate, [
            Request(0, 1, 30).ToByteArray(), new AllocateRequest { ContainerRequests = { Ids(2), Ids(3, 4) } }.ToByteArray()]),
        new("plugin-preferred", Prefer, [
            new PreferredAllocationRequest
            {
                ContainerRequests =
                {
                    new ContainerPreferredAllocationRequest
                    {
                        AvailableDeviceIDs = { Texts(0, 1, 2, 29, 30) }, MustIncludeDeviceIDs = { Texts(29) }, AllocationSize = 2,
                    },
                },
            }.ToByteArray()]),
        new("pod-resources", PodResources, [
            new ListPodResourcesResponse
            {
                PodResources =
                {
                    new Rpc.Kubelet.PodResources.PodResources
                    {
                        Name = "p", Namespace = "n",
                        Containers =
                        {
                            new ContainerResources
                            {
                                Name = "c", Devices = { new ContainerDevices { ResourceName = s_epc, DeviceIds = { Texts(0, 1, 40) } } },
                            },
                        },
                    },
                },
            }.ToByteArray()]),
        new("dra-claim", Claim, [.. Claims().Select(Encoding.UTF8.GetBytes)]),
    ];

    private static NodeHardware Machine() => DescribedMachine.TryLoad("dc2s_v2", out var machine, out var error)
        ? new HardwareScanner(machine!.Sources).Scan()
        : throw new InvalidOperationException(error);

    // A plugin of 56 devices in two banks; the ledger has room for all of them once.
    private static (ResourcePlugin Plugin, EpcLedger Ledger) Plugin()
    {
        var ledger = new EpcLedger(s_banks);
        var book = new AllocationBook(ledger, TimeSpan.FromMinutes(5), TimeProvider.System);
        book.Reconcile(null, (_, _) => null);
        var context = new PluginContext
        {
            Directory = s_directory,
            Book = book,
            Ledger = ledger,
            Grants = new ContainerGrants(new DevicePluginSettings { StandIn = "/dev/null" }),
            Metrics = s_metrics,
            Upkeep = new Upkeep(NullLogger.Instance, TimeProvider.System),
            Loggers = NullLoggerFactory.Instance,
            Time = TimeProvider.System,
            EnsureLedgerAsync = _ => ValueTask.CompletedTask,
            Sgx = s_hardware.Sgx,
        };
        return (new ResourcePlugin(s_epc, ResourceKind.Epc, MiB, DeviceList.Of((0, Devices / 2), (1, Devices / 2)), context), ledger);
    }

    private static readonly KubeletDirectory s_directory =
        new("/nowhere/device-plugins", TimeSpan.FromHours(1), TimeProvider.System, NullLogger.Instance);

    private static bool Allocate(ReadOnlySpan<byte> input)
    {
        if (TryParse(AllocateRequest.Parser, input) is not { } request)
        {
            return false;
        }

        var (plugin, ledger) = Plugin();
        AllocateResponse answer;
        try
        {
            answer = plugin.AllocateAsync(request, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        catch (RpcException failure)
        {
            Require(failure.Detail.Length is > 0 and < 500 && ledger.Usage().UsedBytes == 0, "a refusal that keeps something", input);
            return false;
        }

        Require(answer.ContainerResponses.Count == request.ContainerRequests.Count, "not an answer for each container", input);
        var distinct = request.ContainerRequests.SelectMany(container => container.DevicesIds).Distinct().Count();
        Require(ledger.Usage().UsedBytes <= distinct * MiB, "more is counted than was asked for", input);
        Require(ledger.Usage().UsedBytes <= ledger.Usage().CapacityBytes, "more is given than there is", input);
        return true;
    }

    private static bool Prefer(ReadOnlySpan<byte> input)
    {
        if (TryParse(PreferredAllocationRequest.Parser, input) is not { } request)
        {
            return false;
        }

        try
        {
            var answer = Plugin().Plugin.Prefer(request);
            foreach (var (asked, chosen) in request.ContainerRequests.Zip(answer.ContainerResponses, (asked, chosen) => (asked, chosen.DeviceIDs)))
            {
                var known = asked.AvailableDeviceIDs.Concat(asked.MustIncludeDeviceIDs).ToHashSet();
                Require(chosen.Count == asked.AllocationSize && chosen.All(known.Contains), "a choice of other devices than were asked for", input);
                Require(chosen.Distinct().Count() == chosen.Count, "a device twice", input);
                Require(asked.MustIncludeDeviceIDs.All(chosen.Contains), "a required device is left out", input);
            }

            return request.ContainerRequests.Count > 0;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private static bool PodResources(ReadOnlySpan<byte> input)
    {
        ListPodResourcesResponse list;
        try
        {
            list = PodResourcesReader.ReadList(input);
        }
        catch (RpcException)
        {
            return false;
        }

        var ledger = new EpcLedger(s_banks);
        var book = new AllocationBook(ledger, TimeSpan.FromMinutes(5), TimeProvider.System);
        var usage = book.Reconcile(list, (_, index) => index < Devices ? index / (Devices / 2) : null);
        var listed = list.PodResources.SelectMany(pod => pod.Containers).SelectMany(container => container.Devices).Sum(devices => devices.DeviceIds.Count);
        Require(usage.UsedBytes >= 0 && usage.UsedBytes <= listed * MiB, "more is counted than is listed", input);
        Require(usage == book.Reconcile(list, (_, index) => index < Devices ? index / (Devices / 2) : null) || Same(usage, ledger.Usage()),
            "the same list is another account", input);
        return usage.UsedBytes > 0;
    }

    private static bool Same(EpcUsage one, EpcUsage other) => one.UsedBytes == other.UsedBytes && one.Uses.SequenceEqual(other.Uses);

    private static bool Claim(ReadOnlySpan<byte> input)
    {
        KubeObject claim;
        try
        {
            claim = KubeObject.Parse(input.ToArray());
        }
        catch (KubeException)
        {
            return false;
        }

        if (!DraNames.IsUid(claim.Uid) || !ClaimAllocation.TryRead(claim, claim.Uid, "n1", Find, out var prepared, out _))
        {
            return false;
        }

        Require(prepared.Bytes >= 0 && prepared.Devices.Count > 0 && prepared.Devices.All(device => device.Bytes >= 0), "an amount that cannot be", input);
        Require(prepared.Uses.Select(use => use.Holder).Distinct().Count() == prepared.Uses.Count, "a holder twice", input);
        foreach (var device in prepared.ToAnswer().Devices)
        {
            Require(device.CdiDeviceIds.All(IsCdiId), "a name that CDI does not take", input);
        }

        return true;
    }

    // CDI 0.6.0: letters, digits, '_', '-', '.', ':', and the first and the last are letters or digits.
    private static bool IsCdiId(string id) =>
        id.StartsWith("casemate.dev/sgx=", StringComparison.Ordinal) && id["casemate.dev/sgx=".Length..] is { Length: > 1 } name
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':');

    private static DraDevice? Find(string name) => name switch
    {
        "epc-0" => new DraDevice(name, DraDeviceKind.Epc, 0, 8L << 30, []),
        "enclave" => new DraDevice(name, DraDeviceKind.Enclave, null, 64, []),
        _ => null,
    };

    private static IEnumerable<string> Claims()
    {
        const string head = "{\"metadata\":{\"name\":\"c\",\"namespace\":\"n\",\"uid\":\"7b1f-01\"},\"status\":{\"allocation\":{\"devices\":{\"results\":[";
        const string tail = "]}}}}";
        const string epc =
            "{\"request\":\"r\",\"driver\":\"sgx.casemate.dev\",\"pool\":\"n1\",\"device\":\"epc-0\",\"shareID\":\"s-1\",\"consumedCapacity\":{\"epc\":\"64Mi\"}}";
        const string enclave = "{\"request\":\"e\",\"driver\":\"sgx.casemate.dev\",\"pool\":\"n1\",\"device\":\"enclave\",\"adminAccess\":true}";
        yield return head + epc + tail;
        yield return head + epc + "," + enclave + ",{\"driver\":\"gpu.example.com\"}" + tail;
        yield return head + enclave + tail;
    }

    private static AllocateRequest Request(params int[] devices) => new() { ContainerRequests = { Ids(devices) } };

    private static ContainerAllocateRequest Ids(params int[] devices) => new() { DevicesIds = { Texts(devices) } };

    private static IEnumerable<string> Texts(params int[] devices) => devices.Select(EpcDeviceIds.Of);

    private static T? TryParse<T>(MessageParser<T> parser, ReadOnlySpan<byte> input)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(input);
        }
        catch (Exception e) when (MalformedMessage.Is(e))
        {
            return null;
        }
    }
}
