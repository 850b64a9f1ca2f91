using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Measurement.Snp;

/// <summary>
/// The hashes of kernel, initrd and command line that QEMU puts into guest memory for a measured direct boot, and OVMF compares with what
/// the host then gives it. Source: QEMU, target/i386/sev.c (PaddedSevHashTable); edk2, OvmfPkg/AmdSev/BlobVerifierLibSevHashes.
/// </summary>
public sealed class SnpKernelHashes
{
    /// <summary>The size of the table in memory, in bytes: 168, padded to a multiple of 16.</summary>
    public const int TableSize = 176;

    private const int UnpaddedSize = 168;
    private const int EntrySize = 50;
    private const int EntryHeaderSize = 18;

    private static readonly Guid s_header = new("9438d606-4f22-4cc9-b479-a793d411fd21");
    private static readonly Guid s_commandLine = new("97d02dd8-bd20-4c94-aa78-e7714d36ab2a");
    private static readonly Guid s_initrd = new("44baf731-3a2f-4bd7-9af1-41e29169781d");
    private static readonly Guid s_kernel = new("4de79437-abd2-427f-b835-d5b172d2045b");

    private readonly byte[] _table = new byte[TableSize];

    /// <summary>Makes the table from hashes.</summary>
    /// <param name="kernel">SHA-256 of the kernel file, as the firmware receives it.</param>
    /// <param name="initrd">SHA-256 of the initrd; of no bytes when there is none.</param>
    /// <param name="commandLine">SHA-256 of the command line with the zero byte that ends it.</param>
    /// <exception cref="ArgumentException">A hash does not have 32 bytes.</exception>
    public SnpKernelHashes(ReadOnlySpan<byte> kernel, ReadOnlySpan<byte> initrd, ReadOnlySpan<byte> commandLine)
    {
        if (kernel.Length != SHA256.HashSizeInBytes || initrd.Length != SHA256.HashSizeInBytes
            || commandLine.Length != SHA256.HashSizeInBytes)
        {
            throw new ArgumentException($"A hash of the table has {SHA256.HashSizeInBytes} bytes.");
        }

        WriteHeader(_table, s_header, UnpaddedSize);
        WriteEntry(0, s_commandLine, commandLine);
        WriteEntry(1, s_initrd, initrd);
        WriteEntry(2, s_kernel, kernel);
    }

    /// <summary>The table, 176 bytes.</summary>
    public ReadOnlyMemory<byte> Table => _table;

    /// <summary>Hashes what a guest is started with.</summary>
    /// <param name="kernel">The kernel file, read to its end.</param>
    /// <param name="initrd">The initrd, read to its end; null when there is none.</param>
    /// <param name="commandLine">The command line; null or empty when there is none. It must not contain a zero character.</param>
    /// <exception cref="ArgumentException">The command line contains a zero character.</exception>
    public static SnpKernelHashes Compute(Stream kernel, Stream? initrd, string? commandLine)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        var line = commandLine ?? "";
        if (line.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A command line ends at its first zero character.", nameof(commandLine));
        }

        return new SnpKernelHashes(
            SHA256.HashData(kernel), initrd is null ? SHA256.HashData([]) : SHA256.HashData(initrd),
            SHA256.HashData(Encoding.UTF8.GetBytes(line + '\0')));
    }

    /// <summary>The page that holds the table, zero elsewhere.</summary>
    /// <param name="tableGpa">The guest physical address of the table.</param>
    /// <returns>4096 bytes; null when the table would cross the end of the page.</returns>
    internal byte[]? ToPage(uint tableGpa)
    {
        var offset = (int)(tableGpa % SnpLaunchDigest.PageSize);
        if (offset + TableSize > SnpLaunchDigest.PageSize)
        {
            return null;
        }

        var page = new byte[SnpLaunchDigest.PageSize];
        _table.CopyTo(page, offset);
        return page;
    }

    private static void WriteHeader(Span<byte> target, Guid id, int length)
    {
        id.TryWriteBytes(target);
        BinaryPrimitives.WriteUInt16LittleEndian(target[16..], (ushort)length);
    }

    private void WriteEntry(int index, Guid id, ReadOnlySpan<byte> hash)
    {
        var entry = _table.AsSpan(EntryHeaderSize + (index * EntrySize), EntrySize);
        WriteHeader(entry, id, EntrySize);
        hash.CopyTo(entry[EntryHeaderSize..]);
    }
}
