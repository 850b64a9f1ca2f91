using System.Text;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Health;
using Casemate.Node.Machines;
using Casemate.Node.Resources;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What a node's kernel, processor and described machines may say.</summary>
public static class NodeTargets
{
    private const byte Separator = (byte)'%';
    private const string Processor =
        "0x00000007 0x00: eax=0x00000000 ebx=0x00000004 ecx=0x40000000 edx=0x00000000\n"
        + "0x00000012 0x02: eax=0x00001001 ebx=0x00000001 ecx=0x00000001 edx=0x00000002\n";

    private const string Devices =
        "char /dev/sgx_enclave 10 125 0666 0\nchar /dev/sgx_provision 10 126 0660 106\nchar /dev/sgx_vepc 10 124 0600 0\n"
        + "dir /dev/sgx\nlink /dev/sgx/enclave ../sgx_enclave\nlink /dev/sgx/provision ../sgx_provision\n";

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("node-machine", Machine, [
            Seed(Processor, Devices, "8589934592\n", "9663676416\n", "sgx_epc 8589934592\ntdx 31\n", "flags : sgx sgx_lc\n"),
            Seed(Processor, "char /dev/sgx 10 58 0666 0\nchar /dev/sgx_prv 10 57 0660 1\n", "", "", "", ""),
            Seed("", "char /dev/sev 10 124 0600 0\n", "", "", "sev 410\nsev_es 99\n", "")]),
        new("node-misc", Misc, ["sev 410\nsev_es 99\ntdx 31\n"u8.ToArray(), "sgx_epc.max 3\n"u8.ToArray()]),
        new("node-kmsg", KernelRecord, [
            "4,811,72,-;sgx: EREMOVE returned 13 (0xd) and an EPC page was leaked. SGX may become unusable.\n"u8.ToArray()]),
    ];

    // cpuid.txt, dev.txt, EPC of two NUMA nodes, misc.capacity, cpuinfo.
    private static bool Machine(ReadOnlySpan<byte> input)
    {
        var parts = Encoding.Latin1.GetString(input).Split((char)Separator);
        if (parts.Length != 6 || !DescribedCpuid.TryRead(parts[0], out var cpuid, out _)
            || !DescribedDevices.TryRead(parts[1], out var devices, out _))
        {
            return false;
        }

        var files = new Files(new Dictionary<string, byte[]>
        {
            ["/sys/devices/system/node/node0/x86/sgx_total_bytes"] = Encoding.Latin1.GetBytes(parts[2]),
            ["/sys/devices/system/node/node1/x86/sgx_total_bytes"] = Encoding.Latin1.GetBytes(parts[3]),
            ["/sys/fs/cgroup/misc.capacity"] = Encoding.Latin1.GetBytes(parts[4]),
            ["/proc/cpuinfo"] = Encoding.Latin1.GetBytes(parts[5]),
        });
        var scanner = new HardwareScanner(new NodeSources("fuzz", true, files, devices!, cpuid!));
        var hardware = scanner.Scan();
        Require(hardware.Equals(scanner.Scan()), "two scans differ", input);
        Require(hardware.Findings.All(finding => !finding.Message.Any(char.IsControl)), "a finding with control characters", input);
        foreach (var given in hardware.Sgx is { } sgx ? sgx.EnclaveDevices.Concat(sgx.ProvisionDevices) : [])
        {
            Require(devices!.Look(given.HostPath) is { Type: DeviceEntryType.Character },
                "a container is given what is no character device", input);
            Require(given.HostPath != "/dev/sgx_vepc", "a container is given the device of KVM", input);
        }

        foreach (var dra in (bool[])[false, true])
        {
            var plan = AdvertisementPlan.Make(hardware, AdvertisementSettings.Default with { Dra = dra, ReserveMiB = input.Length % 32 });
            var offered = plan.Resources.Sum(resource => resource.Bytes);
            Require(offered <= plan.AvailableBytes && plan.AvailableBytes <= (hardware.Sgx?.EpcBytes ?? 0),
                "more is offered than there is", input);
            Require(plan.Resources.All(resource => resource.WorstListBytes <= DeviceListSize.Limit), "a list that the kubelet refuses",
                input);
            Require(plan.Resources.Count == 0 || hardware.Sgx is { Usable: true }, "something is offered of nothing", input);
        }

        return true;
    }

    private static bool Misc(ReadOnlySpan<byte> input)
    {
        var amounts = MiscFile.Read(input, out var problems);
        Require(amounts.All(amount => amount.Value >= 0 && amount.Resource.Length is > 0 and <= 64), "an amount that cannot be", input);
        Require(amounts.Select(amount => amount.Resource).Distinct().Count() == amounts.Count, "a key twice", input);
        Require(problems.All(problem => !problem.Any(char.IsControl)), "a problem with control characters", input);
        return problems.Count == 0;
    }

    private static bool KernelRecord(ReadOnlySpan<byte> input)
    {
        var log = new KernelLog();
        var taken = log.Take(input);
        Require(taken == (log.LeakedPages == 1), "a leak without a count", input);
        Require(!log.Take(input), "a record was taken twice", input);
        return taken;
    }

    private static byte[] Seed(params string[] parts) => Encoding.Latin1.GetBytes(string.Join((char)Separator, parts));

    private sealed class Files(Dictionary<string, byte[]> files) : ISystemFiles
    {
        public SystemFile Read(string path, int limit) => files.TryGetValue(path, out var content) && content.Length > 0
            ? new SystemFile(SystemFileState.Read, content.AsMemory(0, Math.Min(limit, content.Length)), content.Length > limit, "")
            : SystemFile.Absent;

        public IReadOnlyList<string> List(string path) => path == "/sys/devices/system/node" ? ["node0", "node1"] : [];

        public bool HasDirectory(string path) => false;
    }
}
