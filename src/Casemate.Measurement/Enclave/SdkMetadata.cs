using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Casemate.Measurement.Elf;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// One metadata block of an Intel SGX SDK enclave: section <c>.note.sgxmeta</c> holds one or more, each with its own signature.
/// Source: Intel SGX SDK for Linux, <c>common/inc/internal/metadata.h</c>.
/// </summary>
internal sealed class SdkMetadata
{
    public const string SectionName = ".note.sgxmeta";
    public const ulong Magic = 0x86A8_0294_635D_0E4C;
    public const int SigStructOffset = 64;

    private const int HeaderSize = 1872;
    private const int SmallestDirectories = 16;
    private const int MaxBlocks = 16;
    private const int NoteHeaderSize = 12;
    private const int ExtendDirectory = 1896;

    private SdkMetadata(ReadOnlyMemory<byte> bytes, long fileOffset) => (Bytes, FileOffset) = (bytes, fileOffset);

    /// <summary>The block.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Where it stands in the file.</summary>
    public long FileOffset { get; }

    public uint Major => ReadUInt32(12);

    public uint Minor => ReadUInt32(8);

    public string Version => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    public uint SsaFramePages => ReadUInt32(24);

    public ulong EnclaveSize => ReadUInt64(40);

    public EnclaveFlags Flags => (EnclaveFlags)ReadUInt64(48);

    public uint MiscSelect => ReadUInt32(32);

    public ReadOnlyMemory<byte> SigStruct => Bytes.Slice(SigStructOffset, Enclave.SigStruct.Size);

    /// <summary>Releases with a larger address range than the enclave number their blocks from 11 on.</summary>
    public bool HasAddressRange => Major > 10;

    /// <summary>True for a shared object that is loaded beside the enclave (its table of extensions is not empty).</summary>
    public bool HasExtension =>
        FirstDataOffset >= ExtendDirectory + 8 && ReadUInt32(ExtendDirectory + 4) > 0
        && TryDirectory(ExtendDirectory, out var entries) && entries.Length >= 2
        && BinaryPrimitives.ReadUInt16LittleEndian(entries.Span) == 0x1002;

    /// <summary>The patches: 32 bytes each.</summary>
    public ReadOnlyMemory<byte> Patches => Directory(HeaderSize, "patches");

    /// <summary>The layout: 32 bytes each.</summary>
    public ReadOnlyMemory<byte> Layout => Directory(HeaderSize + 8, "layout");

    /// <summary>The address range: image address, start and size, 24 bytes.</summary>
    public ReadOnlyMemory<byte> AddressRange => Directory(HeaderSize + 16, "address range");

    private uint FirstDataOffset => Math.Min(ReadUInt32(HeaderSize), ReadUInt32(HeaderSize + 8));

    /// <summary>Reads all blocks of a file.</summary>
    /// <exception cref="EnclaveException">The section is not as the loader wants it.</exception>
    public static ImmutableArray<SdkMetadata> ReadAll(ElfFile file)
    {
        _ = file.TryFindSection(SectionName, out var section);
        var note = file.BytesOf(section);
        var name = "sgx_metadata\0"u8;
        if (note.Length < NoteHeaderSize + name.Length || !note.Span.Slice(NoteHeaderSize, name.Length).SequenceEqual(name)
            || BinaryPrimitives.ReadUInt32LittleEndian(note.Span) != name.Length)
        {
            throw EnclaveException.Malformed($"{SectionName} is no note named sgx_metadata");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(note.Span[4..]);
        var start = NoteHeaderSize + name.Length;
        if (ElfSections.RoundUp((ulong)start + size, Math.Max(1, section.Alignment)) != (ulong)note.Length)
        {
            throw EnclaveException.Malformed($"{SectionName} has {note.Length} bytes, which its note of {size} bytes does not fill");
        }

        return ReadBlocks(note.Slice(start, (int)size), (long)section.Offset + start);
    }

    private static ImmutableArray<SdkMetadata> ReadBlocks(ReadOnlyMemory<byte> bytes, long fileOffset)
    {
        var blocks = ImmutableArray.CreateBuilder<SdkMetadata>();
        while (bytes.Length >= 8 && BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span) == Magic)
        {
            var size = bytes.Length >= 20 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[16..]) : 0;
            if (size < HeaderSize + SmallestDirectories || size > bytes.Length)
            {
                throw EnclaveException.Malformed(
                    $"metadata block {blocks.Count + 1} is to have {size} bytes, and {bytes.Length} are there");
            }

            if (blocks.Count == MaxBlocks)
            {
                throw EnclaveException.TooLarge($"it has more than {MaxBlocks} metadata blocks");
            }

            blocks.Add(new SdkMetadata(bytes[..(int)size], fileOffset));
            bytes = bytes[(int)size..];
            fileOffset += size;
        }

        return blocks.Count > 0
            ? blocks.ToImmutable() : throw EnclaveException.Malformed("it has no metadata: it was never signed (sgx_sign)");
    }

    /// <summary>A part of the block's data.</summary>
    public bool TryData(uint offset, uint size, out ReadOnlyMemory<byte> data)
    {
        var isInside = offset >= HeaderSize + SmallestDirectories && offset <= Bytes.Length && size <= Bytes.Length - offset;
        data = isInside ? Bytes.Slice((int)offset, (int)size) : default;
        return isInside;
    }

    private bool TryDirectory(int at, out ReadOnlyMemory<byte> data) => TryData(ReadUInt32(at), ReadUInt32(at + 4), out data);

    private ReadOnlyMemory<byte> Directory(int at, string name) =>
        ReadUInt32(at + 4) == 0 ? default
        : TryDirectory(at, out var data) ? data
        : throw EnclaveException.Malformed($"the {name} of metadata {Version} lie outside of its block");

    private uint ReadUInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.Span[offset..]);

    private ulong ReadUInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.Span[offset..]);
}
