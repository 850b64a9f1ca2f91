using System.Collections.Concurrent;
using System.Text;
using Casemate.Node.Discovery;
using Casemate.Node.Machines;

namespace Casemate.Node.Tests;

/// <summary>A machine that a test describes line by line: an SGX machine of 8 GiB unless the test says otherwise.</summary>
internal sealed class TestMachine : ISystemFiles
{
    public const long GiB = 1L << 30;
    public const long MiB = 1L << 20;

    /// <summary>The nodes of the in-kernel driver, without links.</summary>
    public const string InKernel = "char /dev/sgx_enclave 10 125 0666 0\nchar /dev/sgx_provision 10 126 0660 106\n";

    private readonly ConcurrentDictionary<string, byte[]> _files = [];
    private readonly HashSet<string> _unreadable = [];

    public string Devices { get; set; } = InKernel;

    public string Cpuid { get; set; } = Processor((0x1_0000_0000, 8 * GiB));

    /// <summary>A processor with SGX1, SGX2, flexible launch control and these EPC sections.</summary>
    public static string Processor(params (ulong Base, long Bytes)[] sections)
    {
        var text = new StringBuilder("0x00000007 0x00: eax=0x00000000 ebx=0x00000004 ecx=0x40000000 edx=0x00000000\n");
        text.Append("0x00000012 0x00: eax=0x00000003 ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n");
        for (var i = 0; i < sections.Length; i++)
        {
            var (start, size) = sections[i];
            text.Append(null, $"0x00000012 0x{i + 2:x2}: eax=0x{((uint)start & 0xFFFF_F000) | 1:x8} ebx=0x{(uint)(start >> 32):x8} ");
            text.Append(null, $"ecx=0x{((uint)size & 0xFFFF_F000) | 1:x8} edx=0x{(uint)(size >> 32):x8}\n");
        }

        return text.ToString();
    }

    public TestMachine With(string path, string content) => With(path, Encoding.UTF8.GetBytes(content));

    public TestMachine With(string path, byte[] content)
    {
        _files[path] = content;
        return this;
    }

    public TestMachine Unreadable(string path)
    {
        _unreadable.Add(path);
        return With(path, "");
    }

    public TestMachine Without(string path)
    {
        _files.TryRemove(path, out _);
        return this;
    }

    /// <summary>What the kernel tells of a NUMA node's EPC.</summary>
    public TestMachine Epc(int node, string content) => With($"/sys/devices/system/node/node{node}/x86/sgx_total_bytes", content);

    public NodeSources Sources()
    {
        Assert.True(DescribedCpuid.TryRead(Cpuid, out var cpuid, out var error), error);
        Assert.True(DescribedDevices.TryRead(Devices, out var devices, out error), error);
        return new NodeSources("test", true, this, devices!, cpuid!);
    }

    public NodeHardware Scan() => new HardwareScanner(Sources()).Scan();

    public SgxHardware ScanSgx() => Scan().Sgx ?? throw new InvalidOperationException("The machine has no SGX.");

    public SystemFile Read(string path, int limit) =>
        _unreadable.Contains(path) ? new SystemFile(SystemFileState.Unreadable, default, false, "permission denied")
        : _files.TryGetValue(path, out var content)
            ? new SystemFile(SystemFileState.Read, content.AsMemory(0, Math.Min(limit, content.Length)), content.Length > limit, "")
            : SystemFile.Absent;

    public IReadOnlyList<string> List(string path) =>
        [.. _files.Keys.Where(file => file.StartsWith(path + "/", StringComparison.Ordinal))
            .Select(file => file[(path.Length + 1)..].Split('/')[0]).Distinct().Order(StringComparer.Ordinal)];

    public bool HasDirectory(string path) => List(path).Count > 0;
}
