using System.Globalization;

namespace Casemate.Node.Bench;

/// <summary>A machine with some EPC, and what the kubelet has to be offered of it.</summary>
internal sealed record MeasuredMachine(string Name, long Bytes, int EpcDevices)
{
    private const long GiB = 1L << 30;

    public static IReadOnlyList<MeasuredMachine> All { get; } =
    [
        new("128 MiB", 128L << 20, 128), new("4 GiB", 4 * GiB, 4096), new("256 GiB", 256 * GiB, 0), new("1 TiB", 1024 * GiB, 0),
    ];

    public int Devices => EpcDevices + 220;

    public string Resource => EpcDevices > 0 ? "kubernetes.azure.com/sgx_epc_mem_in_MiB" : "sgx.intel.com/enclave";

    public string Socket => EpcDevices > 0 ? "casemate-epc.sock" : "casemate-enclave.sock";

    public int AllocatableDevices => EpcDevices > 0 ? EpcDevices : 110;

    /// <summary>What the kubelet has of it.</summary>
    public IReadOnlyList<(string Resource, long Count)> Allocatable =>
        [(Resource, AllocatableDevices), ("sgx.intel.com/enclave", 110), ("sgx.intel.com/provision", 110)];

    /// <summary>Describes the machine for <c>casemate node --simulate</c>.</summary>
    public void Write(string directory)
    {
        Directory.CreateDirectory(Path.Combine(directory, "sys/devices/system/node/node0/x86"));
        File.WriteAllText(Path.Combine(directory, "machine.txt"), $"A machine with {Name} of EPC\n");
        File.WriteAllText(
            Path.Combine(directory, "dev.txt"), "char /dev/sgx_enclave 10 125 0666 0\nchar /dev/sgx_provision 10 126 0660 106\n");
        File.WriteAllText(
            Path.Combine(directory, "cpuid.txt"),
            "0x00000007 0x00: eax=0x00000000 ebx=0x00000004 ecx=0x40000000 edx=0x00000000\n"
            + "0x00000012 0x00: eax=0x00000003 ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n");
        File.WriteAllText(
            Path.Combine(directory, "sys/devices/system/node/node0/x86/sgx_total_bytes"), Bytes.ToString(CultureInfo.InvariantCulture) + "\n");
    }
}
