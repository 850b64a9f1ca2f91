using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Casemate.Attestation.Nvidia;

/// <summary>
/// The attestation report of an NVIDIA GPU, read in place: an SPDM GET_MEASUREMENTS request and the device's answer. Parsed, not verified.
/// Integers are little endian. Layout: DMTF DSP0274 1.1, sections 10.11.1 and 10.11.2; opaque data: NVIDIA/nvtrust.
/// </summary>
public readonly ref struct GpuReport
{
    /// <summary>The largest report that is read, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>Size of the nonce.</summary>
    public const int NonceSize = 32;

    /// <summary>Size of the firmware's digest (FWID).</summary>
    public const int FirmwareIdSize = 48;

    private const byte SpdmVersion = 0x11;
    private const byte GetMeasurements = 0xE0;
    private const byte Measurements = 0x60;
    private const int RequestSize = 37;
    private const int RecordOffset = RequestSize + 8;
    private const int SignatureSize = 96;
    private const int MaxDigestSize = 64;
    private const byte DmtfSpecification = 1;
    private const ushort DriverVersionItem = 3;
    private const ushort VbiosVersionItem = 6;
    private const ushort FirmwareIdItem = 20;

    private readonly ReadOnlySpan<byte> _bytes;

    private GpuReport(ReadOnlySpan<byte> bytes, ImmutableSortedDictionary<int, byte[]> measurements, Dictionary<ushort, byte[]> opaque)
    {
        _bytes = bytes;
        MeasurementsByIndex = measurements;
        DriverVersion = opaque.TryGetValue(DriverVersionItem, out var driver) ? TextOf(driver) : null;
        VbiosVersion = opaque.TryGetValue(VbiosVersionItem, out var vbios) ? VersionOf(vbios) : null;
        FirmwareId = opaque.TryGetValue(FirmwareIdItem, out var id) && id.Length == FirmwareIdSize ? id : default;
    }

    /// <summary>What the signature covers: request and answer without the signature.</summary>
    public ReadOnlySpan<byte> SignedBytes => _bytes[..^SignatureSize];

    /// <summary>The signature: r and s, 48 bytes each, big endian.</summary>
    public ReadOnlySpan<byte> Signature => _bytes[^SignatureSize..];

    /// <summary>The nonce of the request, 32 bytes, chosen by who asked.</summary>
    public ReadOnlySpan<byte> Nonce => _bytes.Slice(4, NonceSize);

    /// <summary>The measurements by their index (1 to 239): digests of up to 64 bytes.</summary>
    public ImmutableSortedDictionary<int, byte[]> MeasurementsByIndex { get; }

    /// <summary>Version of the driver, such as <c>535.86.09</c>; null when absent or not printable.</summary>
    public string? DriverVersion { get; }

    /// <summary>Version of the VBIOS, such as <c>96.00.5e.00.01</c>; null when absent or malformed.</summary>
    public string? VbiosVersion { get; }

    /// <summary>Digest of the firmware that holds the signing key (FWID), 48 bytes; empty when absent or of another size.</summary>
    public ReadOnlySpan<byte> FirmwareId { get; }

    /// <summary>Reads a report.</summary>
    /// <param name="source">One report; only zeros may follow it, with which guests fill up their buffer.</param>
    /// <param name="report">The report, or default.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(ReadOnlySpan<byte> source, out GpuReport report, [NotNullWhen(false)] out string? error)
    {
        report = default;
        if (source.Length is < RecordOffset + NonceSize + 2 + SignatureSize or > MaxSize)
        {
            error = $"a GPU report of {source.Length} bytes; {RecordOffset + NonceSize + 2 + SignatureSize} to {MaxSize} are expected";
            return false;
        }

        if (source[0] != SpdmVersion || source[1] != GetMeasurements || source[RequestSize] != SpdmVersion
            || source[RequestSize + 1] != Measurements)
        {
            error = $"not an SPDM 1.1 request for measurements at byte 0 and its answer at byte {RequestSize}";
            return false;
        }

        int blocks = source[RequestSize + 4];
        var recordSize = source[RequestSize + 5] | source[RequestSize + 6] << 8 | source[RequestSize + 7] << 16;
        var rest = source[RecordOffset..^SignatureSize];
        if (recordSize > rest.Length - NonceSize - 2)
        {
            error = $"the measurement record of {recordSize} bytes at byte {RecordOffset} ends after the report";
            return false;
        }

        if (!TryReadMeasurements(rest[..recordSize], blocks, out var measurements))
        {
            error = $"the measurement record at byte {RecordOffset} does not hold exactly {blocks} well-formed blocks, each index once";
            return false;
        }

        var opaque = rest[(recordSize + NonceSize)..];
        var opaqueSize = BinaryPrimitives.ReadUInt16LittleEndian(opaque);
        if (opaqueSize > opaque.Length - 2)
        {
            error = $"the opaque data have {opaqueSize} bytes, the report leaves {opaque.Length - 2} before the signature";
            return false;
        }

        var end = RecordOffset + recordSize + NonceSize + 2 + opaqueSize + SignatureSize;
        if (source[end..].ContainsAnyExcept((byte)0))
        {
            error = $"the report ends at byte {end}, and other bytes than zeros follow it";
            return false;
        }

        if (!TryReadOpaque(opaque.Slice(2, opaqueSize), out var items))
        {
            error = "the opaque data are not a list of items, each kind once";
            return false;
        }

        report = new GpuReport(source[..end], measurements, items);
        error = null;
        return true;
    }

    private static bool TryReadMeasurements(ReadOnlySpan<byte> record, int blocks, out ImmutableSortedDictionary<int, byte[]> measurements)
    {
        var found = ImmutableSortedDictionary.CreateBuilder<int, byte[]>();
        measurements = ImmutableSortedDictionary<int, byte[]>.Empty;
        for (var i = 0; i < blocks; i++)
        {
            // index, specification, size; then type of value, size of value, value.
            if (record.Length < 7)
            {
                return false;
            }

            int index = record[0], size = BinaryPrimitives.ReadUInt16LittleEndian(record[2..]);
            int valueSize = BinaryPrimitives.ReadUInt16LittleEndian(record[5..]);
            if (index == 0 || record[1] != DmtfSpecification || size != valueSize + 3 || size > record.Length - 4
                || valueSize is 0 or > MaxDigestSize || found.ContainsKey(index))
            {
                return false;
            }

            found.Add(index, record.Slice(7, valueSize).ToArray());
            record = record[(4 + size)..];
        }

        measurements = found.ToImmutable();
        return record.IsEmpty;
    }

    private static bool TryReadOpaque(ReadOnlySpan<byte> data, out Dictionary<ushort, byte[]> items)
    {
        items = [];
        while (!data.IsEmpty)
        {
            if (data.Length < 4 || BinaryPrimitives.ReadUInt16LittleEndian(data[2..]) is var size && size > data.Length - 4
                || !items.TryAdd(BinaryPrimitives.ReadUInt16LittleEndian(data), data.Slice(4, size).ToArray()))
            {
                return false;
            }

            data = data[(4 + size)..];
        }

        return true;
    }

    private static string? TextOf(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimEnd((byte)0);
        return bytes.Length is > 0 and <= 64 && !bytes.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E)
            ? Encoding.ASCII.GetString(bytes)
            : null;
    }

    // The first half backwards, then the first byte of the second half: 00 5e 00 96 01 00 00 00 is 96.00.5e.00.01.
    private static string? VersionOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is < 2 or > 16 || bytes.Length % 2 != 0)
        {
            return null;
        }

        var half = bytes[..(bytes.Length / 2)].ToArray();
        Array.Reverse(half);
        return string.Join('.', [.. half.Select(b => $"{b:x2}"), $"{bytes[bytes.Length / 2]:x2}"]);
    }
}
