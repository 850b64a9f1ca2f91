using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Attestation.Tdx;

/// <summary>
/// Reads the entries of an event log one after the other. Integers are little endian. Layout: TCG PC Client Platform Firmware Profile 1.06,
/// sections 10.2.1 (TCG_PCR_EVENT), 10.2.2 (TCG_PCR_EVENT2) and 10.4.5.1 (TCG_EfiSpecIdEvent).
/// </summary>
internal struct CcEventLogReader(byte[] log)
{
    private const int MaxAlgorithms = 8;
    private const int MaxDigestSize = 64;
    private const int Sha1Size = 20;
    private const int Sha384Size = 48;
    private const ushort Sha384 = 0x000C;
    private const uint LastRegister = 4;

    // pcrIndex, eventType, digest, eventSize of the header entry; then signature, platformClass, versions and uintnSize of its data.
    private const int HeaderEntrySize = 4 + 4 + Sha1Size + 4;
    private const int SpecIdFixedSize = 16 + 4 + 4;

    private readonly Dictionary<ushort, int> _algorithms = [];
    private int _position;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => log.Length - _position;

    /// <summary>True when nothing follows, or only unused space.</summary>
    public readonly bool IsAtEnd
    {
        get
        {
            var rest = log.AsSpan(_position);
            return rest.IsEmpty || (rest[0] is 0x00 or 0xFF && !rest.ContainsAnyExcept(rest[0]));
        }
    }

    /// <summary>Reads the first entry, which has the older layout and says which digests the others carry.</summary>
    public bool TryReadHeader([NotNullWhen(false)] out string? error)
    {
        var source = log.AsSpan();
        if (source.Length < HeaderEntrySize)
        {
            error = $"the event log of {source.Length} bytes is too short for its header";
            return false;
        }

        if (UInt32(source, 0) != 0 || UInt32(source, 4) != CcEvent.NoAction || source.Slice(8, Sha1Size).ContainsAnyExcept((byte)0))
        {
            error = "the event log does not start with EV_NO_ACTION for register 0 and a digest of zeros: not a crypto-agile log";
            return false;
        }

        var size = UInt32(source, 8 + Sha1Size);
        if (size > source.Length - HeaderEntrySize || !TryReadSpecId(source.Slice(HeaderEntrySize, (int)size)))
        {
            error = $"the header's data ({size} bytes at {HeaderEntrySize}) are not a 'Spec ID Event03' with SHA-384 among its digests";
            return false;
        }

        _position = HeaderEntrySize + (int)size;
        error = null;
        return true;
    }

    /// <summary>Reads one entry.</summary>
    public bool TryReadEvent(int number, [NotNullWhen(true)] out CcEvent? entry, [NotNullWhen(false)] out string? error)
    {
        entry = null;
        var start = _position;
        var rest = log.AsSpan(start);
        if (rest.Length < 12)
        {
            error = $"event {number} at byte {start} is cut off";
            return false;
        }

        var (register, type, count) = (UInt32(rest, 0), UInt32(rest, 4), UInt32(rest, 8));
        if (register > LastRegister)
        {
            error = $"event {number} at byte {start}: a TD has no measurement register {register}";
            return false;
        }

        if (count == 0 || count > _algorithms.Count)
        {
            error = $"event {number} at byte {start}: {count} digests, the header announces {_algorithms.Count}";
            return false;
        }

        if (!TryReadDigests(rest[12..], (int)count, out var digestOffset, out var digestsSize))
        {
            error = $"event {number} at byte {start}: the digests are cut off, repeat an algorithm, or lack SHA-384";
            return false;
        }

        var dataStart = 12 + digestsSize + 4;
        if (rest.Length < dataStart || UInt32(rest, dataStart - 4) is var size && size > rest.Length - dataStart)
        {
            error = $"event {number} at byte {start}: its data end after the log";
            return false;
        }

        entry = new CcEvent(
            number, start, register, type, log.AsMemory(start + 12 + digestOffset, Sha384Size), log.AsMemory(start + dataStart, (int)size));
        _position = start + dataStart + (int)size;
        error = null;
        return true;
    }

    private readonly bool TryReadSpecId(ReadOnlySpan<byte> data)
    {
        if (data.Length < SpecIdFixedSize + 4 || !data.StartsWith("Spec ID Event03\0"u8))
        {
            return false;
        }

        var count = UInt32(data, SpecIdFixedSize);
        var rest = data[(SpecIdFixedSize + 4)..];
        if (count is 0 or > MaxAlgorithms || rest.Length < (int)count * 4)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            int size = BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            var algorithm = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (size is 0 or > MaxDigestSize || (algorithm == Sha384 && size != Sha384Size) || !_algorithms.TryAdd(algorithm, size))
            {
                return false;
            }

            rest = rest[4..];
        }

        return _algorithms.ContainsKey(Sha384) && rest.Length >= 1 && rest.Length == 1 + rest[0];
    }

    private readonly bool TryReadDigests(ReadOnlySpan<byte> source, int count, out int sha384Offset, out int size)
    {
        (sha384Offset, size) = (-1, 0);
        Span<ushort> seen = stackalloc ushort[MaxAlgorithms];
        for (var i = 0; i < count; i++)
        {
            if (source.Length - size < 2)
            {
                return false;
            }

            var algorithm = BinaryPrimitives.ReadUInt16LittleEndian(source[size..]);
            if (!_algorithms.TryGetValue(algorithm, out var digestSize) || seen[..i].Contains(algorithm)
                || source.Length - size - 2 < digestSize)
            {
                return false;
            }

            seen[i] = algorithm;
            sha384Offset = algorithm == Sha384 ? size + 2 : sha384Offset;
            size += 2 + digestSize;
        }

        return sha384Offset >= 0;
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
