using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Casemate.Collateral.Qcnl;

/// <summary>
/// What <c>/etc/sgx_default_qcnl.conf</c> says: where Intel's quote provider library and the default quote verification get collateral.
/// A null member stands for a key that is not in the file; the library's default then counts. Source: DCAP, QuoteGeneration/qcnl.
/// </summary>
public sealed record QcnlConfiguration
{
    /// <summary><c>pccs_url</c>: PCK certificates, and everything else where <see cref="CollateralService"/> is absent. Default:
    /// localhost, port 8081.</summary>
    public string? PccsUrl { get; init; }

    /// <summary><c>use_secure_cert</c>: false accepts any TLS certificate. Default: true.</summary>
    public bool? UseSecureCert { get; init; }

    /// <summary><c>collateral_service</c>: another source for what verifies quotes.</summary>
    public string? CollateralService { get; init; }

    /// <summary><c>pccs_api_version</c>: <c>3.0</c> asks for CRLs as hex, <c>3.1</c> as DER. Default: 3.0.</summary>
    public string? PccsApiVersion { get; init; }

    /// <summary><c>tcb_update_type</c>: <c>standard</c> or <c>early</c>. Default: standard.</summary>
    public string? TcbUpdateType { get; init; }

    /// <summary><c>retry_times</c>. Default: 0.</summary>
    public int? RetryTimes { get; init; }

    /// <summary><c>retry_delay</c>, in seconds. Default: from 1 s, doubling.</summary>
    public int? RetryDelay { get; init; }

    /// <summary><c>local_pck_url</c>: tried first for PCK certificates.</summary>
    public string? LocalPckUrl { get; init; }

    /// <summary><c>pck_cache_expire_hours</c>. Default: 0, no cache.</summary>
    public int? PckCacheExpireHours { get; init; }

    /// <summary><c>verify_collateral_cache_expire_hours</c>. Default: 0, no cache.</summary>
    public int? VerifyCollateralCacheExpireHours { get; init; }

    /// <summary><c>local_cache_only</c>: PCK certificates from files alone. Default: false.</summary>
    public bool? LocalCacheOnly { get; init; }

    /// <summary>Headers of <c>custom_request_options.get_cert</c>, in their order.</summary>
    public ImmutableArray<KeyValuePair<string, string>> GetCertHeaders { get; init; } = [];

    /// <summary>Parameters of <c>custom_request_options.get_cert</c>, in their order.</summary>
    public ImmutableArray<KeyValuePair<string, string>> GetCertParameters { get; init; } = [];

    /// <summary>Writes the file: JSON that the library reads, keys in a fixed order, those that are null left out.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(
            buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteText(json, "pccs_url", PccsUrl);
            WriteFlag(json, "use_secure_cert", UseSecureCert);
            WriteText(json, "collateral_service", CollateralService);
            WriteText(json, "pccs_api_version", PccsApiVersion);
            WriteText(json, "tcb_update_type", TcbUpdateType);
            WriteNumber(json, "retry_times", RetryTimes);
            WriteNumber(json, "retry_delay", RetryDelay);
            WriteText(json, "local_pck_url", LocalPckUrl);
            WriteNumber(json, "pck_cache_expire_hours", PckCacheExpireHours);
            WriteNumber(json, "verify_collateral_cache_expire_hours", VerifyCollateralCacheExpireHours);
            WriteFlag(json, "local_cache_only", LocalCacheOnly);
            if (!GetCertHeaders.IsDefaultOrEmpty || !GetCertParameters.IsDefaultOrEmpty)
            {
                json.WriteStartObject("custom_request_options");
                json.WriteStartObject("get_cert");
                WritePairs(json, "headers", GetCertHeaders);
                WritePairs(json, "params", GetCertParameters);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag)
        {
            json.WriteBoolean(name, flag);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void WritePairs(Utf8JsonWriter json, string name, ImmutableArray<KeyValuePair<string, string>> pairs)
    {
        if (pairs.IsDefaultOrEmpty)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, value) in pairs)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
