using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Casemate.Quoting.Devices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Tests.Devices;

/// <summary>
/// The drivers of <c>/dev/sev-guest</c> and <c>/dev/tdx_guest</c>, reading and writing the caller's memory through the addresses of the
/// request as the kernel does. Offsets are written out here, apart from the code under test.
/// </summary>
internal sealed class EmulatedGuestDevice : IDeviceControl
{
    /// <summary>What opening returns.</summary>
    public int OpenError { get; set; }

    /// <summary>Makes the report of 64 bytes of report data.</summary>
    public Func<byte[], byte[]> Report { get; init; } = _ => [];

    /// <summary>The certificates that the host has.</summary>
    public byte[] Certificates { get; init; } = [];

    /// <summary>What requests return, in this order; afterwards they succeed.</summary>
    public Queue<(int Error, ulong ExitInformation)> Failures { get; } = new();

    /// <summary>Status that the firmware puts into its answer.</summary>
    public uint FirmwareStatus { get; init; }

    /// <summary>Number and VMPL (SNP) of the requests.</summary>
    public List<(uint Request, uint Vmpl)> Requests { get; } = [];

    public int Open(string path, out SafeFileHandle device)
    {
        device = new SafeFileHandle(-1, ownsHandle: false);
        return OpenError;
    }

    public int Control(SafeFileHandle device, uint request, Span<byte> argument) => request switch
    {
        0xC0205300 or 0xC0205302 => Snp(request, argument),
        0xC4405401 => Tdx(request, argument),
        _ => ErrorNumber.NotATypewriter,
    };

    private int Tdx(uint request, Span<byte> argument)
    {
        Requests.Add((request, 0));
        Assert.Equal(1088, argument.Length);
        if (Failures.TryDequeue(out var failure))
        {
            return failure.Error;
        }

        Report(argument[..64].ToArray()).CopyTo(argument[64..]);
        return 0;
    }

    private int Snp(uint request, Span<byte> argument)
    {
        Assert.Equal(32, argument.Length);
        Assert.NotEqual(0, argument[0]);                                   // msg_version
        var asked = (nint)BinaryPrimitives.ReadUInt64LittleEndian(argument[8..]);
        var answer = (nint)BinaryPrimitives.ReadUInt64LittleEndian(argument[16..]);
        var reportData = new byte[64];
        Marshal.Copy(asked, reportData, 0, 64);
        Requests.Add((request, (uint)Marshal.ReadInt32(asked, 64)));
        for (var reserved = 68; reserved < 96; reserved++)
        {
            Assert.Equal(0, Marshal.ReadByte(asked, reserved));
        }

        if (Failures.TryDequeue(out var failure))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(argument[24..], failure.ExitInformation);
            return failure.Error;
        }

        if (request == 0xC0205302 && Certificates.Length > 0)
        {
            Assert.Equal(0x4000, Marshal.ReadInt32(asked, 104));
            Marshal.Copy(Certificates, 0, (nint)Marshal.ReadInt64(asked, 96), Certificates.Length);
        }

        var response = new byte[4000];
        BinaryPrimitives.WriteUInt32LittleEndian(response, FirmwareStatus);
        var report = Report(reportData);
        BinaryPrimitives.WriteInt32LittleEndian(response.AsSpan(4), report.Length);
        report.CopyTo(response, 32);
        Marshal.Copy(response, 0, answer, response.Length);
        return 0;
    }
}
