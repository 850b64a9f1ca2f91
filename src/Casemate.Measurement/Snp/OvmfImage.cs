using System.Buffers.Binary;
using Casemate.Measurement.Firmware;

namespace Casemate.Measurement.Snp;

/// <summary>
/// An OVMF image, or an SVSM binary of the same form, with what its end says about starting it: a table of GUIDed entries that is read
/// backwards, and the SEV metadata that it points to. The bytes are used in place and must not change afterwards.
/// Source: edk2, OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm and OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm.
/// </summary>
public sealed class OvmfImage
{
    /// <summary>The largest image that is read, in bytes.</summary>
    public const int MaxBytes = OvmfTable.MaxFirmwareSize;

    /// <summary>The most sections that SEV metadata may have.</summary>
    public const int MaxSections = 64;

    /// <summary>The most bytes that the sections may have together.</summary>
    public const long MaxSectionBytes = 256L * 1024 * 1024;

    /// <summary>Where the firmware of a machine ends: 4 GiB.</summary>
    public const ulong DefaultEnd = 0x1_0000_0000;

    private const int PageSize = SnpLaunchDigest.PageSize;
    private const int MetadataHeaderSize = 16;
    private const int SectionSize = 12;
    private const uint MetadataVersion = 1;

    private static readonly Guid s_sevMetadata = new("dc886566-984a-4798-a75e-5585a7bf67cc");
    private static readonly Guid s_resetBlock = new("00f771de-1a7e-4fcb-890e-68c77e2fb44e");
    private static readonly Guid s_hashTable = new("7255371f-3a3b-4b04-927b-1da6efa8d454");
    private static readonly Guid s_svsm = new("a789a612-0597-4c4b-a49f-cbb1fe9d1ddd");

    private OvmfImage(ReadOnlyMemory<byte> bytes, ulong end) => (Bytes, Gpa) = (bytes, end - (ulong)bytes.Length);

    /// <summary>The whole image.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The guest physical address of its first byte.</summary>
    public ulong Gpa { get; }

    /// <summary>Where vCPUs but the first start (EIP of the SEV-ES reset block); null when the image does not say.</summary>
    public uint? ResetEip { get; private set; }

    /// <summary>The guest physical address of the table of kernel hashes; null when the image has none.</summary>
    public uint? HashTableGpa { get; private set; }

    /// <summary>How far behind the start of an SVSM binary its entry point lies; null when the image is no SVSM.</summary>
    public uint? SvsmEntryOffset { get; private set; }

    /// <summary>The sections of the SEV metadata in their order; empty when the image has none.</summary>
    public IReadOnlyList<SevMetadataSection> Sections { get; private set; } = [];

    /// <summary>Every entry of the table at the end: its GUID and the length of its data, the last one first.</summary>
    public IReadOnlyList<(Guid Id, int Length)> Entries { get; private set; } = [];

    /// <summary>Reads an image. Never throws on bad input.</summary>
    /// <param name="bytes">The file as the VMM loads it.</param>
    /// <param name="image">The image; null on error.</param>
    /// <param name="end">The guest physical address behind its last byte. Default: 4 GiB.</param>
    /// <returns>The reason why it cannot be read, or <see cref="SnpError.None"/>.</returns>
    public static SnpError TryRead(ReadOnlyMemory<byte> bytes, out OvmfImage? image, ulong end = DefaultEnd)
    {
        image = null;
        if (bytes.Length < PageSize || bytes.Length % PageSize != 0 || end % PageSize != 0)
        {
            return SnpError.NotWholePages;
        }

        if (bytes.Length > MaxBytes || (ulong)bytes.Length > end)
        {
            return SnpError.TooLarge;
        }

        var read = new OvmfImage(bytes, end);
        var error = read.ReadTable();
        image = error is SnpError.None ? read : null;
        return error;
    }

    /// <summary>Reads an image.</summary>
    /// <param name="bytes">The file as the VMM loads it.</param>
    /// <param name="end">The guest physical address behind its last byte. Default: 4 GiB.</param>
    /// <exception cref="SnpException">It cannot be read.</exception>
    public static OvmfImage Parse(ReadOnlyMemory<byte> bytes, ulong end = DefaultEnd) =>
        TryRead(bytes, out var image, end) is var error and not SnpError.None ? throw new SnpException(error) : image!;

    private SnpError ReadTable()
    {
        if (!OvmfTable.TryRead(Bytes, out var table, out _))
        {
            return SnpError.NoFooterTable;
        }

        Entries = [.. table.Ids.Select(id => (id, table.Find(id)!.Value.Length))];
        if (!TryFindNumber(table, s_resetBlock, out var resetEip) || !TryFindNumber(table, s_hashTable, out var hashTable)
            || !TryFindNumber(table, s_svsm, out var svsm) || !TryFindNumber(table, s_sevMetadata, out var metadata))
        {
            return SnpError.MalformedEntry;
        }

        // Firmware that was built without a feature has the entry nevertheless, with zero in it.
        ResetEip = resetEip is 0 ? null : resetEip;
        HashTableGpa = hashTable is 0 ? null : hashTable;
        SvsmEntryOffset = svsm;
        return metadata is { } offset ? ReadMetadata(offset) : SnpError.None;
    }

    private static bool TryFindNumber(OvmfTable table, Guid id, out uint? number)
    {
        var data = table.Find(id);
        number = data?.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(data.Value.Span) : null;
        return data is null || number is not null;
    }

    private SnpError ReadMetadata(uint offsetFromEnd)
    {
        if (offsetFromEnd < MetadataHeaderSize || offsetFromEnd > (uint)Bytes.Length)
        {
            return SnpError.MalformedSevMetadata;
        }

        var metadata = Bytes.Span[(Bytes.Length - (int)offsetFromEnd)..];
        var size = BinaryPrimitives.ReadUInt32LittleEndian(metadata[4..]);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(metadata[12..]);
        if (!metadata[..4].SequenceEqual("ASEV"u8) || BinaryPrimitives.ReadUInt32LittleEndian(metadata[8..]) != MetadataVersion
            || size > (uint)metadata.Length || count is 0 or > MaxSections || size < MetadataHeaderSize + (count * SectionSize))
        {
            return SnpError.MalformedSevMetadata;
        }

        var sections = new SevMetadataSection[count];
        long total = 0;
        for (var i = 0; i < sections.Length; i++)
        {
            var section = metadata[(MetadataHeaderSize + (i * SectionSize))..];
            var gpa = BinaryPrimitives.ReadUInt32LittleEndian(section);
            var bytes = BinaryPrimitives.ReadUInt32LittleEndian(section[4..]);
            var type = (SevSectionType)BinaryPrimitives.ReadUInt32LittleEndian(section[8..]);
            if (!Enum.IsDefined(type))
            {
                return SnpError.UnknownSection;
            }

            total += bytes;
            var isOnePage = type is SevSectionType.Secrets or SevSectionType.Cpuid;
            if (gpa % PageSize != 0 || bytes % PageSize != 0 || bytes == 0 || (isOnePage && bytes != PageSize)
                || gpa + (ulong)bytes > DefaultEnd || total > MaxSectionBytes)
            {
                return SnpError.MalformedSection;
            }

            sections[i] = new SevMetadataSection(gpa, bytes, type);
        }

        Sections = sections;
        return SnpError.None;
    }
}
