using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Casemate.Primitives.Toml;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// What measurement and signature take from a Gramine manifest (<c>.manifest.sgx</c>, TOML). The whole file is measured beside.
/// Source: Gramine documentation, "Manifest syntax"; <c>python/graminelibos/sgx_sign.py</c>.
/// </summary>
public sealed record GramineManifest
{
    /// <summary>The longest manifest that is read, in bytes: one with the hash of every file of a system has a few MiB.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private const ulong Avx = 0x4, Avx512 = 0xE0, Amx = 0x6_0000, Mpx = 0x18, Pkru = 0x200;

    private GramineManifest()
    {
    }

    /// <summary><c>sgx.enclave_size</c>, in bytes.</summary>
    public required ulong EnclaveSize { get; init; }

    /// <summary><c>sgx.max_threads</c> (<c>sgx.thread_num</c> in old releases).</summary>
    public required uint Threads { get; init; }

    /// <summary><c>sgx.edmm_enable</c>: pages are added while the enclave runs.</summary>
    public required bool IsDynamic { get; init; }

    /// <summary><c>sgx.debug</c>.</summary>
    public required bool IsDebug { get; init; }

    /// <summary><c>sgx.isvprodid</c>.</summary>
    public required ushort ProductId { get; init; }

    /// <summary><c>sgx.isvsvn</c>.</summary>
    public required ushort SecurityVersion { get; init; }

    /// <summary>XFRM to sign with: x87, SSE and what <c>sgx.cpu_features</c> requires.</summary>
    public required ulong Xfrm { get; init; }

    /// <summary>Its mask: what <c>sgx.cpu_features</c> leaves unspecified is left to the host.</summary>
    public required ulong XfrmMask { get; init; }

    /// <summary><c>sgx.use_exinfo</c>: the enclave is told of page faults.</summary>
    public required bool UsesExInfo { get; init; }

    /// <summary>True when the manifest has a setting that changes what is measured in a way that is not known here.</summary>
    public required bool ChangesLayout { get; init; }

    /// <summary>Settings that leave the host a choice that no measurement shows, as they are named in the manifest.</summary>
    public required ImmutableArray<string> InsecureSettings { get; init; }

    /// <summary>Reads a manifest. Never throws.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="manifest">The manifest; null after an error.</param>
    /// <param name="error">What is wrong, in one sentence; empty after true.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out GramineManifest? manifest, out string error)
    {
        manifest = null;
        if (bytes.Length > MaxBytes || !Utf8.IsValid(bytes))
        {
            error = bytes.Length > MaxBytes ? $"the manifest has more than {MaxBytes} bytes" : "the manifest is not UTF-8 text";
            return false;
        }

        if (!TomlDocument.TryParse(Encoding.UTF8.GetString(bytes), MaxBytes, out var root, out var syntax))
        {
            error = $"the manifest is no TOML: {syntax}";
            return false;
        }

        if (root["sgx"] is not JsonObject sgx)
        {
            error = "the manifest has no table [sgx]";
            return false;
        }

        error = Read(root, sgx, out manifest) ?? "";
        return error.Length == 0;
    }

    private static string? Read(JsonObject root, JsonObject sgx, out GramineManifest? manifest)
    {
        manifest = null;
        if (!TrySize(sgx["enclave_size"], out var size))
        {
            return "sgx.enclave_size is no size such as \"512M\"";
        }

        if (!TryNumber(sgx["max_threads"] ?? sgx["thread_num"], uint.MaxValue, null, out var threads) || threads == 0)
        {
            return "sgx.max_threads is no number from 1 on";
        }

        if (!TryNumber(sgx["isvprodid"], ushort.MaxValue, 0, out var product) || !TryNumber(sgx["isvsvn"], ushort.MaxValue, 0, out var svn))
        {
            return "sgx.isvprodid or sgx.isvsvn is no number from 0 to 65535";
        }

        if (Features(sgx, out var xfrm, out var mask) is { } problem)
        {
            return problem;
        }

        manifest = new GramineManifest
        {
            EnclaveSize = size,
            Threads = (uint)threads,
            IsDynamic = IsTrue(sgx["edmm_enable"]),
            IsDebug = IsTrue(sgx["debug"]),
            ProductId = (ushort)product,
            SecurityVersion = (ushort)svn,
            Xfrm = xfrm,
            XfrmMask = mask,
            UsesExInfo = IsTrue(sgx["use_exinfo"]),
            ChangesLayout = IsTrue(sgx["experimental_enable_aex_notify"]) || IsTrue(sgx["enable_aex_notify"])
                || IsTrue(sgx["nonpie_binary"]),
            InsecureSettings = Insecure(root, sgx),
        };
        return null;
    }

    private static string? Features(JsonObject sgx, out ulong xfrm, out ulong mask)
    {
        (xfrm, mask) = (3, 0xFFFF_FFFF_FFF9_FF1B);
        (string Name, ulong Bits)[] known = [("avx", Avx), ("avx512", Avx512), ("amx", Amx), ("mpx", Mpx), ("pkru", Pkru)];
        foreach (var (name, bits) in known)
        {
            xfrm |= IsTrue(sgx[$"require_{name}"]) ? bits : 0;
            switch (Text((sgx["cpu_features"] as JsonObject)?[name]))
            {
                case "required":
                    (xfrm, mask) = (xfrm | bits, mask | bits);
                    break;
                case "disabled":
                    (xfrm, mask) = (xfrm & ~bits, mask | bits);
                    break;
                case null or "unspecified":
                    break;
                default:
                    return $"sgx.cpu_features.{name} is none of required, disabled and unspecified";
            }
        }

        return null;
    }

    private static ImmutableArray<string> Insecure(JsonObject root, JsonObject sgx)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        foreach (var table in (ReadOnlySpan<string>)["loader", "sys", "sgx", "fs", "libos"])
        {
            if (root[table] is JsonObject settings)
            {
                found.AddRange(settings
                    .Where(pair => pair.Key.StartsWith("insecure__", StringComparison.Ordinal))
                    .Where(pair => IsTrue(pair.Value) || pair.Value is JsonObject)
                    .Select(pair => $"{table}.{ElfSections.Printable(pair.Key)}"));
            }
        }

        if (sgx["allowed_files"] is JsonArray { Count: > 0 } or JsonObject { Count: > 0 })
        {
            found.Add("sgx.allowed_files");
        }

        if (Text(sgx["file_check_policy"]) is "allow_all_but_log")
        {
            found.Add("sgx.file_check_policy");
        }

        return found.ToImmutable();
    }

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool isTrue) && isTrue;

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : node is null ? null : "";

    private static bool TryNumber(JsonNode? node, uint most, uint? missing, out long number)
    {
        number = missing is { } absent ? absent : -1;
        return node is null
            ? missing is not null : node is JsonValue value && value.TryGetValue(out number) && number >= 0 && number <= most;
    }

    // As Gramine's signer reads it: a number, decimal or 0x, and one letter of K, M, G.
    private static bool TrySize(JsonNode? node, out ulong size)
    {
        size = 0;
        if (node is not JsonValue value || !value.TryGetValue(out string? text) || text.Length is 0 or > 32)
        {
            return false;
        }

        var shift = text[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        var digits = shift > 0 ? text.AsSpan(0, text.Length - 1) : text;
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        return ulong.TryParse(isHex ? digits[2..] : digits, style, CultureInfo.InvariantCulture, out size)
            && BitOperations.LeadingZeroCount(size) >= shift
            && (size <<= shift) > 0;
    }
}
