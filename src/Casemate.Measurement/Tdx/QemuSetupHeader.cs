using System.Buffers.Binary;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// What QEMU writes into the setup header of a Linux kernel before it hands it to the firmware. Source: Documentation/arch/x86/boot.rst of
/// Linux for the fields; QEMU hw/i386/x86-common.c for the values (machine q35).
/// </summary>
internal static class QemuSetupHeader
{
    private const int MinimumSize = 0x1000;
    private const uint AcpiDataSize = 0x28000;
    private const uint DefaultInitrdMax = 0x37FFFFFF;
    private const ulong LowMemoryLimit = 0xB0000000;
    private const ulong LowMemoryOfLargeGuests = 0x80000000;

    /// <summary>A copy of the kernel with the header that the firmware measures.</summary>
    public static byte[] Write(ReadOnlySpan<byte> kernel, int initrdSize, ulong memory)
    {
        if (kernel.Length < MinimumSize || !kernel[0x202..].StartsWith("HdrS"u8))
        {
            throw new TdxMeasurementException("the kernel has no setup header of Linux (HdrS at byte 0x202)");
        }

        var protocol = BinaryPrimitives.ReadUInt16LittleEndian(kernel[0x206..]);
        if (protocol < 0x203)
        {
            throw new TdxMeasurementException($"the kernel speaks boot protocol 0x{protocol:x}; 0x203 is the oldest that is known here");
        }

        var isHigh = (kernel[0x211] & 1) != 0;
        var (real, commandLine) = isHigh ? (0x10000u, 0x20000u) : (0x90000u, 0x9A000u);
        var output = kernel.ToArray();
        output[0x210] = 0xB0;
        output[0x211] |= 0x80;
        BinaryPrimitives.WriteUInt32LittleEndian(output.AsSpan(0x224), commandLine - real - 0x200);
        BinaryPrimitives.WriteUInt32LittleEndian(output.AsSpan(0x228), commandLine);
        if (initrdSize > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output.AsSpan(0x218), InitrdAddress(kernel, protocol, (uint)initrdSize, memory));
            BinaryPrimitives.WriteUInt32LittleEndian(output.AsSpan(0x21C), (uint)initrdSize);
        }

        return output;
    }

    private static uint InitrdAddress(ReadOnlySpan<byte> kernel, ushort protocol, uint size, ulong memory)
    {
        var canBeAbove4GiB = protocol >= 0x20C && (BinaryPrimitives.ReadUInt16LittleEndian(kernel[0x236..]) & 0x40) != 0;
        var stated = BinaryPrimitives.ReadUInt32LittleEndian(kernel[0x22C..]);
        var highest = canBeAbove4GiB ? uint.MaxValue : protocol >= 0x20C || stated == 0 ? DefaultInitrdMax : stated;
        var split = memory < LowMemoryLimit ? LowMemoryLimit : LowMemoryOfLargeGuests;
        var below4GiB = (uint)Math.Min(memory, split);
        if (below4GiB <= AcpiDataSize)
        {
            throw new TdxMeasurementException($"a guest of {memory} bytes has no room for tables and RAM disk");
        }

        highest = Math.Min(highest, below4GiB - AcpiDataSize - 1);
        return size < highest
            ? (highest - size) & ~0xFFFu
            : throw new TdxMeasurementException($"an initial RAM disk of {size} bytes does not fit into a guest of {memory} bytes");
    }
}
