using System.Buffers.Binary;
using System.Text.Json;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation.ConfidentialContainers;

internal static partial class SnpReportJson
{
    /// <summary>Writes a report as one JSON object.</summary>
    /// <exception cref="ArgumentException">Not 1184 bytes, or a version other than 2 to 5.</exception>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> report)
    {
        if (report.Length != ReportSize)
        {
            throw new ArgumentException($"A SEV-SNP report has {ReportSize} bytes, found {report.Length}.", nameof(report));
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(report);
        if (version is < 2 or > 5)
        {
            throw new ArgumentException($"Reports of version {version} are not supported, versions 2 to 5 are.", nameof(report));
        }

        var product = HasTurinLayout(report, version) ? SnpProduct.Turin : SnpProduct.Genoa;
        writer.WriteStartObject();
        foreach (var (name, offset) in UInt32Fields)
        {
            writer.WriteNumber(name, BinaryPrimitives.ReadUInt32LittleEndian(report[offset..]));
        }

        foreach (var (name, offset) in UInt64Fields)
        {
            writer.WriteNumber(name, BinaryPrimitives.ReadUInt64LittleEndian(report[offset..]));
        }

        foreach (var (name, offset, length) in ByteFields)
        {
            writer.WritePropertyName(name);
            WriteBytes(writer, report.Slice(offset, length));
        }

        foreach (var (name, offset) in TcbFields)
        {
            WriteTcb(writer, name, SnpTcb.Decode(report.Slice(offset, 8), product));
        }

        foreach (var (name, offset) in CpuIdFields)
        {
            WriteNumberOrNull(writer, name, version >= 3 ? report[offset] : null);
        }

        WriteVersion(writer, "current", report.Slice(0x1E8, 3));
        WriteVersion(writer, "committed", report.Slice(0x1EC, 3));
        foreach (var (name, offset) in MitigationFields)
        {
            WriteNumberOrNull(
                writer, name, version >= MitigationVersion ? BinaryPrimitives.ReadUInt64LittleEndian(report[offset..]) : null);
        }

        writer.WriteStartObject("signature"u8);
        writer.WritePropertyName("r"u8);
        WriteBytes(writer, report.Slice(0x2A0, 72));
        writer.WritePropertyName("s"u8);
        WriteBytes(writer, report.Slice(0x2E8, 72));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes an array of numbers.</summary>
    public static void WriteBytes(Utf8JsonWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.WriteStartArray();
        foreach (var b in bytes)
        {
            writer.WriteNumberValue(b);
        }

        writer.WriteEndArray();
    }

    // Version 2 names no processor. There, as virtee/sev does it, a chip id whose tail is zero (but not all of it) means Turin,
    // whose hardware id has eight bytes.
    private static bool HasTurinLayout(ReadOnlySpan<byte> report, uint version)
    {
        var chipId = report.Slice(0x1A0, 64);
        return version >= 3 ? report[0x188] >= 0x1A : chipId[..8].ContainsAnyExcept((byte)0) && !chipId[8..].ContainsAnyExcept((byte)0);
    }

    private static void WriteTcb(Utf8JsonWriter writer, string name, SnpTcb tcb)
    {
        writer.WriteStartObject(name);
        WriteNumberOrNull(writer, "fmc", tcb.Fmc);
        writer.WriteNumber("bootloader"u8, tcb.BootLoader);
        writer.WriteNumber("tee"u8, tcb.Tee);
        writer.WriteNumber("snp"u8, tcb.Snp);
        writer.WriteNumber("microcode"u8, tcb.Microcode);
        writer.WriteEndObject();
    }

    private static void WriteVersion(Utf8JsonWriter writer, string name, ReadOnlySpan<byte> version)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("major"u8, version[2]);
        writer.WriteNumber("minor"u8, version[1]);
        writer.WriteNumber("build"u8, version[0]);
        writer.WriteEndObject();
    }

    private static void WriteNumberOrNull(Utf8JsonWriter writer, string name, ulong? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
