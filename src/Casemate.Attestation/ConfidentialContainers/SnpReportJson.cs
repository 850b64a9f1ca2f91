using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation.ConfidentialContainers;

/// <summary>
/// A SEV-SNP report as the JSON that virtee/sev's serialisation gives: one member a field, byte strings as arrays of numbers.
/// The signature covers the bytes, so reading must rebuild them exactly. Layout: AMD 56860, ATTESTATION_REPORT.
/// </summary>
internal static partial class SnpReportJson
{
    public const int ReportSize = 1184;
    public const int KeyInfoOffset = 0x48;

    private const int MitigationVersion = 5;

    // Fields that are plain byte strings: name, offset, length.
    private static readonly (string Name, int Offset, int Length)[] ByteFields =
    [
        ("family_id", 0x10, 16), ("image_id", 0x20, 16), ("report_data", 0x50, 64), ("measurement", 0x90, 48), ("host_data", 0xC0, 32),
        ("id_key_digest", 0xE0, 48), ("author_key_digest", 0x110, 48), ("report_id", 0x140, 32), ("report_id_ma", 0x160, 32),
        ("chip_id", 0x1A0, 64),
    ];

    private static readonly (string Name, int Offset)[] TcbFields =
        [("current_tcb", 0x38), ("reported_tcb", 0x180), ("committed_tcb", 0x1E0), ("launch_tcb", 0x1F0)];

    private static readonly (string Name, int Offset)[] CpuIdFields =
        [("cpuid_fam_id", 0x188), ("cpuid_mod_id", 0x189), ("cpuid_step", 0x18A)];

    private static readonly (string Name, int Offset)[] UInt32Fields =
        [("version", 0), ("guest_svn", 4), ("vmpl", 0x30), ("sig_algo", 0x34), ("key_info", KeyInfoOffset)];

    private static readonly (string Name, int Offset)[] UInt64Fields = [("policy", 8), ("plat_info", 0x40)];

    private static readonly (string Name, int Offset)[] MitigationFields = [("launch_mit_vector", 0x1F8), ("current_mit_vector", 0x200)];

    /// <summary>Reads the members and rebuilds the report; every byte that no member stands for is zero.</summary>
    public static bool TryRead(JsonElement json, [NotNullWhen(true)] out byte[]? report, [NotNullWhen(false)] out string? error)
    {
        report = null;
        var bytes = new byte[ReportSize];
        error = json.ValueKind is JsonValueKind.Object ? ReadFields(json, bytes) : "not a JSON object";
        if (error is not null)
        {
            error = $"attestation_report: {error}";
            return false;
        }

        report = bytes;
        return true;
    }

    private static string? ReadFields(JsonElement json, Span<byte> bytes)
    {
        foreach (var (name, offset) in UInt32Fields)
        {
            if (ReadNumber(json, name, uint.MaxValue, out var value) is { } error)
            {
                return error;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], (uint)value);
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (version is < 2 or > 5)
        {
            return $"version is {version}, accepted are 2 to 5";
        }

        foreach (var (name, offset) in UInt64Fields)
        {
            if (ReadNumber(json, name, ulong.MaxValue, out var value) is { } error)
            {
                return error;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);
        }

        foreach (var (name, offset, length) in ByteFields)
        {
            if (ReadBytes(json, name, length, length, out var value) is { } error)
            {
                return error;
            }

            value.CopyTo(bytes[offset..]);
        }

        return ReadTcbs(json, bytes) ?? ReadCpuId(json, version, bytes) ?? ReadVersions(json, bytes)
            ?? ReadMitigations(json, version, bytes) ?? ReadSignature(json, bytes);
    }

    // fmc is what tells Turin's layout from the older one; a report has one layout, so all four must agree.
    private static string? ReadTcbs(JsonElement json, Span<byte> bytes)
    {
        bool? turin = null;
        Span<byte> parts = stackalloc byte[4];
        foreach (var (name, offset) in TcbFields)
        {
            if (!json.TryGetProperty(name, out var tcb) || tcb.ValueKind is not JsonValueKind.Object)
            {
                return $"{name} is missing or not an object";
            }

            foreach (var (part, index) in ((string, int)[])[("bootloader", 0), ("tee", 1), ("snp", 2), ("microcode", 3)])
            {
                if (ReadNumber(tcb, part, byte.MaxValue, out var value) is { } error)
                {
                    return $"{name}: {error}";
                }

                parts[index] = (byte)value;
            }

            if (ReadOptionalByte(tcb, "fmc", out var fmc) is { } problem)
            {
                return $"{name}: {problem}";
            }

            turin ??= fmc is not null;
            if (turin != fmc is not null)
            {
                return "fmc is given for some TCB versions and not for others";
            }

            new SnpTcb(fmc, parts[0], parts[1], parts[2], parts[3])
                .Encode(bytes[offset..], turin.Value ? SnpProduct.Turin : SnpProduct.Genoa);
        }

        return null;
    }

    private static string? ReadCpuId(JsonElement json, uint version, Span<byte> bytes)
    {
        foreach (var (name, offset) in CpuIdFields)
        {
            if (ReadOptionalByte(json, name, out var value) is { } error)
            {
                return error;
            }

            if (value is > 0 && version < 3)
            {
                return $"{name} is given, but reports have it from version 3 on";
            }

            bytes[offset] = value ?? 0;
        }

        return null;
    }

    private static string? ReadVersions(JsonElement json, Span<byte> bytes)
    {
        foreach (var (name, offset) in ((string, int)[])[("current", 0x1E8), ("committed", 0x1EC)])
        {
            if (!json.TryGetProperty(name, out var version) || version.ValueKind is not JsonValueKind.Object)
            {
                return $"{name} is missing or not an object";
            }

            foreach (var (part, index) in ((string, int)[])[("build", 0), ("minor", 1), ("major", 2)])
            {
                if (ReadNumber(version, part, byte.MaxValue, out var value) is { } error)
                {
                    return $"{name}: {error}";
                }

                bytes[offset + index] = (byte)value;
            }
        }

        return null;
    }

    private static string? ReadMitigations(JsonElement json, uint version, Span<byte> bytes)
    {
        foreach (var (name, offset) in MitigationFields)
        {
            if (!json.TryGetProperty(name, out var member) || member.ValueKind is JsonValueKind.Null)
            {
                continue;                                                  // virtee/sev writes null before version 5
            }

            if (ReadNumber(json, name, ulong.MaxValue, out var value) is { } error)
            {
                return error;
            }

            if (value != 0 && version < MitigationVersion)
            {
                return $"{name} is given, but reports have it from version {MitigationVersion} on";
            }

            BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);
        }

        return null;
    }

    private static string? ReadSignature(JsonElement json, Span<byte> bytes)
    {
        if (!json.TryGetProperty("signature", out var signature) || signature.ValueKind is not JsonValueKind.Object)
        {
            return "signature is missing or not an object";
        }

        foreach (var (name, offset) in ((string, int)[])[("r", 0x2A0), ("s", 0x2E8)])
        {
            if (ReadBytes(signature, name, 72, 72, out var value) is { } error)
            {
                return $"signature: {error}";
            }

            value.CopyTo(bytes[offset..]);
        }

        return null;
    }

    private static string? ReadNumber(JsonElement json, string name, ulong maximum, out ulong value)
    {
        value = 0;
        return !json.TryGetProperty(name, out var member) ? $"{name} is missing"
            : member.ValueKind is not JsonValueKind.Number || !member.TryGetUInt64(out value) || value > maximum
                ? $"{name} is not a whole number from 0 to {maximum}"
                : null;
    }

    private static string? ReadOptionalByte(JsonElement json, string name, out byte? value)
    {
        value = null;
        if (!json.TryGetProperty(name, out var member) || member.ValueKind is JsonValueKind.Null)
        {
            return null;
        }

        if (member.ValueKind is not JsonValueKind.Number || !member.TryGetByte(out var number))
        {
            return $"{name} is neither null nor a whole number from 0 to 255";
        }

        value = number;
        return null;
    }

    /// <summary>Reads an array of numbers from 0 to 255.</summary>
    /// <returns>What is wrong; null after success.</returns>
    public static string? ReadBytes(JsonElement json, string name, int minimum, int maximum, out byte[] bytes)
    {
        bytes = [];
        if (!json.TryGetProperty(name, out var member) || member.ValueKind is not JsonValueKind.Array)
        {
            return $"{name} is missing or not an array of numbers";
        }

        var length = member.GetArrayLength();
        if (length < minimum || length > maximum)
        {
            return minimum == maximum
                ? $"{name} has {length} bytes, expected {minimum}"
                : $"{name} has {length} bytes, accepted are {minimum} to {maximum}";
        }

        var result = new byte[length];
        var at = 0;
        foreach (var item in member.EnumerateArray())
        {
            if (item.ValueKind is not JsonValueKind.Number || !item.TryGetByte(out result[at++]))
            {
                return $"{name} holds something else than whole numbers from 0 to 255";
            }
        }

        bytes = result;
        return null;
    }
}
