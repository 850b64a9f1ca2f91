using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>Requests signed for Amazon's services. Source: AWS Signature Version 4; what it signs follows Open Policy Agent.</summary>
internal static class AwsBuiltins
{
    private const string Name = "providers.aws.sign_req";
    private static readonly string[] s_required = ["aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"];
    private static readonly SearchValues<char> s_ready = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/%");

    // What proxies on the way may change is not signed.
    private static readonly string[] s_unsigned = ["authorization", "user-agent", "x-amzn-trace-id"];

    public static void Register(BuiltinTable table) => table.Add(Name, ["o", "o", "n"], Sign);

    private static RegoValue? Sign(BuiltinContext context, RegoValue[] arguments)
    {
        var (request, config) = ((RegoObject)arguments[0], (RegoObject)arguments[1]);
        if (Missing(config, s_required) is { } absent)
        {
            return context.Error($"{Name}: operand 2: {absent} must be there and a string");
        }

        if (Missing(request, ["method", "url"]) is { } needed)
        {
            return context.Error($"{Name}: operand 1: {needed} must be there and a string");
        }

        if (arguments[2] is not RegoNumber { IsSmall: true, Small: var nanoseconds })
        {
            return context.Error($"{Name}: operand 3: could not convert time_ns value into a unix timestamp");
        }

        if (!TrySplit(Text(request, "url"), out var host, out var path, out var query))
        {
            return context.Error($"{Name}: operand 1: url must be absolute, with a path that is escaped where it needs to be");
        }

        if (config["disable_payload_signing"] is { } payload and not RegoBoolean)
        {
            return context.Error($"{Name}: operand 2: disable_payload_signing is {payload.TypeName}, wanted boolean");
        }

        var given = request["headers"] ?? RegoObject.Empty;
        if (given is not RegoObject headers || headers.Any(header => header.Key is not RegoString || header.Value is not RegoString))
        {
            return context.TypeError($"{Name}: operand 1: headers must be an object with strings");
        }

        var body = Body(request);
        context.Step(body.Length / 64);
        var hash = config["disable_payload_signing"] == RegoValue.True ? "UNSIGNED-PAYLOAD" : Hex(SHA256.HashData(body));
        var time = DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var own = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["host"] = host, ["x-amz-date"] = time };
        if (Text(config, "aws_service") is "s3" or "glacier")
        {
            own["x-amz-content-sha256"] = hash;
        }

        if (Text(config, "aws_session_token") is { Length: > 0 } token)
        {
            own["x-amz-security-token"] = token;
        }

        // Headers of the request win over ours among what is signed; among what is sent it is the other way round.
        var signed = new SortedDictionary<string, string>(own, StringComparer.Ordinal);
        foreach (var (name, value) in headers)
        {
            var lower = ((RegoString)name).Value.ToLowerInvariant();
            if (!s_unsigned.Contains(lower))
            {
                signed[lower] = ((RegoString)value).Value;
            }
        }

        var names = string.Join(';', signed.Keys);
        var lines = string.Concat(signed.Select(header => $"{header.Key}:{header.Value}\n"));
        var canonical = $"{Text(request, "method")}\n{path}\n{query}\n{lines}\n{names}\n{hash}";
        var sent = new Dictionary<RegoValue, RegoValue>(headers)
        {
            [Key("Authorization")] = RegoString.Create(Authorization(config, time, names, canonical)),
        };
        foreach (var (name, value) in own)
        {
            sent[Key(name)] = RegoString.Create(value);
        }

        var result = new Dictionary<RegoValue, RegoValue>(request) { [Key("headers")] = RegoObject.Create(sent) };
        context.Charge(canonical.Length * 4L);
        return RegoObject.Create(result);
    }

    private static string Authorization(RegoObject config, string time, string names, string canonical)
    {
        var (day, region, service) = (time[..8], Text(config, "aws_region"), Text(config, "aws_service"));
        var scope = $"{day}/{region}/{service}/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + Text(config, "aws_secret_access_key"));
        foreach (var part in (string[])[day, region, service, "aws4_request"])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        var signature = Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
        return $"AWS4-HMAC-SHA256 Credential={Text(config, "aws_access_key")}/{scope},SignedHeaders={names},Signature={signature}";
    }

    private static byte[] Body(RegoObject request) => request["raw_body"] is { } raw
        ? Encoding.UTF8.GetBytes((raw as RegoString)?.Value ?? "")
        : request["body"] is { } body ? Encoding.UTF8.GetBytes(body.ToJson()) : [];

    private static bool TrySplit(string url, [NotNullWhen(true)] out string? host, out string path, out string query)
    {
        (host, path, query) = (null, "", "");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Host.Length == 0)
        {
            return false;
        }

        var text = url.Split('#', 2)[0];
        var mark = text.IndexOf('?', StringComparison.Ordinal);
        (text, query) = mark < 0 ? (text, "") : (text[..mark], text[(mark + 1)..]);
        var authority = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var slash = text.IndexOf('/', authority);
        path = slash < 0 ? "" : text[slash..];
        host = (slash < 0 ? text[authority..] : text[authority..slash]).Split('@')[^1];
        return !path.AsSpan().ContainsAnyExcept(s_ready);
    }

    private static string? Missing(RegoObject members, string[] names) =>
        names.FirstOrDefault(name => members[name] is not RegoString);

    private static string Text(RegoObject members, string name) => (members[name] as RegoString)?.Value ?? "";

    private static RegoString Key(string name) => RegoString.Create(name);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
