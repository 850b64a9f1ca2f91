using System.Buffers.Binary;
using System.Numerics;
using Casemate.Primitives.Checksums;

namespace Casemate.Measurement.Igvm;

/// <summary>
/// An IGVM file: the commands by which a loader builds a guest's memory, used in place; the bytes must not change afterwards.
/// Only what is known is accepted, because whatever a loader does is measured. Source: microsoft/igvm, igvm_defs (format version 1).
/// </summary>
public sealed partial class IgvmFile
{
    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 30;

    /// <summary>The most variable headers.</summary>
    public const int MaxHeaders = 1 << 19;

    /// <summary>
    /// The most pages of 4096 bytes that the headers may add for all platforms together, inserts and ranges included: 1 GiB, which TDX
    /// takes seconds to measure.
    /// </summary>
    public const int MaxPages = 1 << 18;

    private const int PageSize = 4096;
    private const int FixedHeaderSize = 24;
    private const int ChecksumOffset = 20;
    private const int PrefixSize = 8;
    private const uint OptionalBit = 0x8000_0000;

    private IgvmFile(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    /// <summary>The whole file.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>All headers in their order, without those that were skipped.</summary>
    public IReadOnlyList<IgvmHeader> Headers { get; private set; } = [];

    /// <summary>The headers of the platforms that the file is for.</summary>
    public IEnumerable<IgvmHeader> Platforms => Headers.Where(header => header.Type is IgvmHeaderType.SupportedPlatform);

    /// <summary>How many headers of an unknown type were skipped, as they say one may.</summary>
    public int SkippedHeaders { get; private set; }

    /// <summary>Reads a file. Never throws on bad input.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">The file; null on error.</param>
    /// <returns>The reason why it cannot be read, or <see cref="IgvmError.None"/>.</returns>
    public static IgvmError TryRead(ReadOnlyMemory<byte> bytes, out IgvmFile? file)
    {
        file = null;
        var span = bytes.Span;
        if (span.Length < 4 || !span[..4].SequenceEqual("IGVM"u8))
        {
            return IgvmError.NotIgvm;
        }

        if (span.Length < FixedHeaderSize || span.Length > MaxBytes)
        {
            return IgvmError.MalformedFixedHeader;
        }

        if (Number(span, 4) != 1)
        {
            return IgvmError.UnsupportedVersion;
        }

        var (start, size, total) = (Number(span, 8), Number(span, 12), Number(span, 16));
        if (start < FixedHeaderSize || start % PrefixSize != 0 || total != (uint)span.Length || start > total || size > total - start)
        {
            return IgvmError.MalformedFixedHeader;
        }

        var read = new IgvmFile(bytes);
        if (Number(span, ChecksumOffset) != Checksum(span[..FixedHeaderSize], span.Slice((int)start, (int)size)))
        {
            return IgvmError.WrongChecksum;
        }

        var error = read.ReadHeaders((int)start, (int)(start + size));
        file = error is IgvmError.None ? read : null;
        return error;
    }

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="IgvmException">It cannot be read.</exception>
    public static IgvmFile Parse(ReadOnlyMemory<byte> bytes) =>
        TryRead(bytes, out var file) is var error and not IgvmError.None ? throw new IgvmException(error) : file!;

    private static uint Number(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    // The checksum covers the fixed header with zero in its own place, and the variable headers.
    private static uint Checksum(ReadOnlySpan<byte> fixedHeader, ReadOnlySpan<byte> headers)
    {
        var crc = Crc32.Append(Crc32.Start, fixedHeader[..ChecksumOffset]);
        crc = Crc32.Append(crc, [0, 0, 0, 0]);
        return Crc32.Finish(Crc32.Append(crc, headers));
    }

    private IgvmError ReadHeaders(int start, int end)
    {
        var headers = new List<IgvmHeader>();
        var state = new ReadingState();
        var at = start;
        while (at < end)
        {
            if (headers.Count + SkippedHeaders == MaxHeaders)
            {
                return IgvmError.TooManyHeaders;
            }

            if (end - at < PrefixSize)
            {
                return IgvmError.MalformedHeader;
            }

            var type = Number(Bytes.Span, at);
            var length = Number(Bytes.Span, at + 4);
            if (length > (uint)(end - at - PrefixSize))
            {
                return IgvmError.MalformedHeader;
            }

            // The last header's padding may be left out; everywhere else it is there, and zero.
            var padded = Math.Min(end, at + PrefixSize + (((int)length + 7) & ~7));
            var body = Bytes.Slice(at + PrefixSize, (int)length);
            if (Bytes.Span[(at + PrefixSize + (int)length)..padded].ContainsAnyExcept((byte)0))
            {
                return IgvmError.MalformedHeader;
            }

            var known = (IgvmHeaderType)(type & ~OptionalBit);
            if (Enum.IsDefined(known))
            {
                var error = ReadHeader(new IgvmHeader(known, at, body), state, out var header);
                if (error is not IgvmError.None)
                {
                    return error;
                }

                headers.Add(header);
            }
            else if ((type & OptionalBit) != 0)
            {
                SkippedHeaders++;
            }
            else
            {
                return IgvmError.UnknownHeader;
            }

            at = padded;
        }

        Headers = headers;
        return state.PlatformMask == 0 ? IgvmError.MalformedMask : IgvmError.None;
    }

    private sealed class ReadingState
    {
        public uint PlatformMask { get; set; }

        public int Section { get; set; }

        public long Pages { get; set; }

        public Dictionary<uint, ulong> Areas { get; } = [];

        public HashSet<(uint Area, uint Bit)> Inserted { get; } = [];

        public HashSet<(IgvmHeaderType Type, int Bit)> Seen { get; } = [];

        // A page is measured once for each platform that it is for.
        public bool AddPages(ulong bytes, uint mask)
        {
            Pages += (long)Math.Min(bytes / PageSize, MaxPages + 1UL) * BitOperations.PopCount(mask & PlatformMask);
            return Pages <= MaxPages;
        }

        public bool TryAddOnce(IgvmHeaderType type, uint mask)
        {
            var isNew = true;
            for (var rest = mask; rest != 0; rest &= rest - 1)
            {
                isNew &= Seen.Add((type, BitOperations.TrailingZeroCount(rest)));
            }

            return isNew;
        }

        public bool IsKnownMask(uint mask) => mask != 0 && (mask & ~PlatformMask) == 0;

        public bool TryAddPlatform(uint mask)
        {
            var isNew = BitOperations.PopCount(mask) == 1 && (PlatformMask & mask) == 0;
            PlatformMask |= mask;
            return isNew;
        }
    }
}
