using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Casemate.Measurement.Firmware;

/// <summary>
/// A PE image (an EFI program, a kernel with EFI stub, a unified kernel image), read in place, and its Authenticode digest as firmware
/// measures it. Source: Microsoft PE Format; Windows Authenticode Portable Executable Signature Format; TCG PC Client Platform Firmware
/// Profile 1.06, section 10.4.
/// </summary>
/// <remarks>
/// The digest follows the firmware (EDK II), which hashes what is there. Signing tools first pad a file to a multiple of 8 bytes: for an
/// unsigned file of another size they get another digest than the firmware does.
/// </remarks>
public sealed class PeImage
{
    /// <summary>The largest image that is read, in bytes.</summary>
    public const int MaxSize = 512 << 20;

    /// <summary>The most sections that are read; the loader of Windows has the same limit.</summary>
    public const int MaxSections = 96;

    private const int CoffHeaderSize = 20;
    private const int SectionHeaderSize = 40;
    private const int SecurityDirectory = 4;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ImmutableArray<Range> _hashed;

    private PeImage(ReadOnlyMemory<byte> bytes, ImmutableArray<PeSection> sections, ImmutableArray<Range> hashed)
    {
        _bytes = bytes;
        _hashed = hashed;
        Sections = sections;
    }

    /// <summary>The sections in the order of their headers.</summary>
    public ImmutableArray<PeSection> Sections { get; }

    /// <summary>Reads an image.</summary>
    /// <param name="bytes">The whole file; kept, not copied.</param>
    /// <param name="image">The image, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out PeImage? image, [NotNullWhen(false)] out string? error)
    {
        image = null;
        var source = bytes.Span;
        if (source.Length > MaxSize)
        {
            error = $"a PE image of {source.Length} bytes is larger than {MaxSize}";
            return false;
        }

        if (source.Length < 64 || !source.StartsWith("MZ"u8))
        {
            error = "not a PE image: it does not start with MZ";
            return false;
        }

        var start = UInt32(source, 60);
        if (start > (uint)source.Length - 4 || !source[(int)start..].StartsWith("PE\0\0"u8)
            || source.Length - (int)start < 4 + CoffHeaderSize)
        {
            error = $"not a PE image: there is no PE header at byte {start}";
            return false;
        }

        var coff = (int)start + 4;
        int sections = UInt16(source, coff + 2);
        int optionalSize = UInt16(source, coff + 16);
        var optional = coff + CoffHeaderSize;
        var table = optional + optionalSize;
        if (sections > MaxSections || table + (SectionHeaderSize * sections) > source.Length)
        {
            error = $"the PE headers ({optionalSize} bytes and {sections} sections) do not lie in the file";
            return false;
        }

        error = ReadHeaders(source, optional, optionalSize, table + (SectionHeaderSize * sections), out var hashed, out var certificates)
            ?? ReadSections(bytes, table, sections, hashed, certificates, out image);
        return error is null;
    }

    /// <summary>The digest that firmware measures and that signatures cover.</summary>
    /// <param name="algorithm">SHA-256 for signatures of today; SHA-384 for measurements of a TD.</param>
    public byte[] HashAuthenticode(HashAlgorithmName algorithm)
    {
        using var hash = IncrementalHash.CreateHash(algorithm);
        foreach (var range in _hashed)
        {
            hash.AppendData(_bytes.Span[range]);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Finds a section by its name; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">Two sections have the name.</exception>
    public PeSection? Find(string name) => Sections.SingleOrDefault(s => s.Name == name);

    // Everything of the headers but the checksum and the place of the signatures, which signing changes.
    private static string? ReadHeaders(
        ReadOnlySpan<byte> source, int optional, int optionalSize, int tableEnd, out List<Range> hashed, out uint certificates)
    {
        (hashed, certificates) = ([], 0);
        var magic = optionalSize >= 2 ? UInt16(source, optional) : 0;
        var directories = magic switch
        {
            0x10B => 96,
            0x20B => 112,
            _ => -1,
        };
        if (directories < 0 || optionalSize < directories)
        {
            return $"the PE optional header (magic 0x{magic:x}, {optionalSize} bytes) is not known";
        }

        var (checksum, headersSize) = (optional + 64, UInt32(source, optional + 60));
        if (headersSize > (uint)source.Length || headersSize < (uint)tableEnd)
        {
            return $"the PE headers say that they have {headersSize} bytes, which is not between {tableEnd} and the file's {source.Length}";
        }

        hashed.Add(..checksum);
        var after = checksum + 4;
        if (UInt32(source, optional + directories - 4) > SecurityDirectory)
        {
            var security = optional + directories + (8 * SecurityDirectory);
            if (security + 8 > optional + optionalSize)
            {
                return "the PE optional header ends before the directory that it announces";
            }

            certificates = UInt32(source, security + 4);
            hashed.Add(after..security);
            after = security + 8;
        }

        hashed.Add(after..(int)headersSize);
        return null;
    }

    private static string? ReadSections(
        ReadOnlyMemory<byte> bytes, int table, int count, List<Range> hashed, uint certificates, out PeImage? image)
    {
        image = null;
        var headersSize = (uint)hashed[^1].End.Value;
        var sections = ImmutableArray.CreateBuilder<PeSection>(count);
        var places = new List<(uint Start, uint Size)>(count);
        var memory = 0UL;
        for (var i = 0; i < count; i++)
        {
            var header = bytes.Span.Slice(table + (SectionHeaderSize * i), SectionHeaderSize);
            var (virtualSize, rawSize, rawOffset) = (UInt32(header, 8), UInt32(header, 16), UInt32(header, 20));
            if (rawSize > 0 && (rawOffset > (uint)bytes.Length || rawSize > (uint)bytes.Length - rawOffset))
            {
                return $"PE section {i + 1}: {rawSize} bytes at {rawOffset} do not lie in the file";
            }

            // Memory that the file does not fill is hashed as zeros: a file of a few bytes must not ask for hours of that.
            memory += virtualSize;
            if (memory > MaxSize)
            {
                return $"PE section {i + 1}: with it the sections take {memory} bytes of memory, which is more than {MaxSize}";
            }

            if (!TryReadName(header[..8], out var name))
            {
                return $"PE section {i + 1}: the name is not printable ASCII";
            }

            sections.Add(new PeSection(name, virtualSize, rawSize == 0 ? default : bytes.Slice((int)rawOffset, (int)rawSize)));
            if (rawSize > 0)
            {
                places.Add((rawOffset, rawSize));
            }
        }

        places.Sort();
        var end = headersSize;
        var sum = headersSize;
        foreach (var (start, size) in places)
        {
            // Sections that share bytes would be hashed twice, and the rest of the file not at all.
            if (start < end)
            {
                return $"the PE section at byte {start} overlaps what is before it";
            }

            hashed.Add((int)start..(int)(start + size));
            (end, sum) = (start + size, sum + size);
        }

        // What follows the sections is hashed as well, up to the signatures at the end.
        var rest = (uint)bytes.Length - sum;
        if (certificates > rest)
        {
            return $"the PE signatures are said to have {certificates} bytes, {rest} are left";
        }

        hashed.Add((int)sum..(int)((uint)bytes.Length - certificates));
        image = new PeImage(bytes, sections.MoveToImmutable(), [.. hashed]);
        return null;
    }

    private static bool TryReadName(ReadOnlySpan<byte> field, out string name)
    {
        var text = field.TrimEnd((byte)0);
        name = "";
        foreach (var c in text)
        {
            if (c is <= 0x20 or >= 0x7F)
            {
                return false;
            }
        }

        name = System.Text.Encoding.ASCII.GetString(text);
        return true;
    }

    private static ushort UInt16(ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(source[offset..]);

    private static uint UInt32(ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(source[offset..]);
}
