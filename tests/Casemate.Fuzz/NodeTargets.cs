using System.Text;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Enforcement;
using Casemate.Node.Health;
using Casemate.Node.Machines;
using Casemate.Node.Nri;
using Casemate.Node.Resources;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What a node's kernel, processor, container runtime and described machines may say.</summary>
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
        new("nri-trunk", NriTrunk, [
            [0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 2, 0, 0, 0, 1, 9], [0, 0, 0, 7, 0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0]]),
        new("epc-annotation", Annotation, [.. new[] { "67108864", "0", "18446744073709551615" }.Select(Encoding.ASCII.GetBytes)]),
        new("epc-limit", Limit, [.. new[] { "sgx_epc 5", "sev 3\nsgx_epc max\n" }.Select(Encoding.ASCII.GetBytes)]),
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

    // The socket of a runtime: what arrives for each connection is exactly what was sent to it, up to where it stops to make sense.
    private static bool NriTrunk(ReadOnlySpan<byte> input)
    {
        using var socket = new OneWayStream(input.ToArray());
        using var trunk = new Trunk(socket, TimeProvider.System);
        var whole = true;
        try
        {
            trunk.RunAsync(CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (InvalidDataException)
        {
            whole = false;
        }

        var sent = new Dictionary<uint, List<byte>> { [1] = [], [2] = [] };
        var rest = input;
        while (TrunkHeader.TryRead(rest, out var header))
        {
            var data = rest.Slice(TrunkHeader.Size, Math.Min(header.Length, rest.Length - TrunkHeader.Size));
            sent.GetValueOrDefault(header.Connection)?.AddRange(data);
            rest = rest[(TrunkHeader.Size + data.Length)..];
            if (data.Length < header.Length)
            {
                break;
            }
        }

        foreach (var (connection, stream) in new[] { (1u, trunk.PluginService), (2u, trunk.RuntimeService) })
        {
            using var arrived = new MemoryStream();
            stream.CopyToAsync(arrived).GetAwaiter().GetResult();
            var bytes = arrived.ToArray();
            Require(bytes.Length <= sent[connection].Count, "more arrived than was sent", input);
            Require(
                whole ? sent[connection].SequenceEqual(bytes) : sent[connection].Take(bytes.Length).SequenceEqual(bytes),
                "something else arrived than was sent", input);
        }

        return whole;
    }

    private static bool Annotation(ReadOnlySpan<byte> input)
    {
        var value = Encoding.Latin1.GetString(input);
        var read = EpcAnnotation.TryRead(new Dictionary<string, string> { ["epc-limit.nri.io/pod"] = value }, "c", out var bytes, out var problem);
        Require(read == (problem is null), "a problem that is none, or none that is one", input);
        Require(read ? bytes >= 0 : bytes == 0, "an amount that cannot be", input);
        Require(problem is null || (problem.Length < 200 && !problem.Any(char.IsControl)), "a problem that no log takes", input);
        Require(!read || value.All(char.IsAsciiDigit), "a number with something else in it", input);
        return read;
    }

    private static bool Limit(ReadOnlySpan<byte> input)
    {
        var content = Encoding.Latin1.GetString(input);
        var isIn = EpcLimit.IsIn(content);
        Require(!isIn || content.Contains("sgx_epc", StringComparison.Ordinal), "a limit that is not there", input);
        Require(EpcLimit.IsIn(content + "\n" + new EpcLimit(EpcLimitSource.Claim, 5).Line), "a limit that is not seen", input);
        return isIn;
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
