using System.Text;
using Casemate.Rego;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>Policies and requests that nobody vouches for: modules, queries, documents and patterns.</summary>
public static class RegoTargets
{
    private static readonly RegoEvaluation s_tight = new()
    {
        CollectPrints = true,
        Seed = 1,
        Now = DateTimeOffset.UnixEpoch,
        Limits = new RegoLimits
        {
            Steps = 20_000,
            MemoryBytes = 1024 * 1024,
            Time = TimeSpan.FromSeconds(30),
            CollectionItems = 10_000,
            TextLength = 65_536
        },
    };

    private static readonly RegoValue s_input = RegoObject.Create(
        [KeyValuePair.Create<RegoValue,
            RegoValue>(RegoValue.From("x"), RegoArray.Create([RegoValue.From(1), RegoValue.From("b"), RegoValue.Null]))]);

    private static readonly PreparedQuery s_pattern =
        RegoCompiler.Compile("p",
            "package p\nm := regex.match(input.p, input.t)\nr := regex.replace(input.t, input.p, \"<$1>\")\nv := regex.is_valid(input.p)")
                .Policy!.Prepare("data.p");

    private static readonly PreparedQuery s_certificate = RegoCompiler.Compile("c", """
        package c
        certificates := crypto.x509.parse_certificates(input)
        chain := crypto.x509.parse_and_verify_certificates_with_options(input, {"KeyUsages": ["KeyUsageAny"], "DNSName": "a.example"})
        request := crypto.x509.parse_certificate_request(input)
        keys := crypto.parse_private_keys(input)
        first := crypto.x509.parse_rsa_private_key(input)
        pair := crypto.x509.parse_keypair(input, input)
        """).Policy!.Prepare("data.c");

    private static readonly PreparedQuery s_schema = RegoCompiler.Compile("s", """
        package s
        verified := json.verify_schema(input.schema)
        matched := json.match_schema(input.document, input.schema)
        """).Policy!.Prepare("data.s");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("rego-module", Module,
        [
            .. new[]
            {
                "package t\np := 1 + 2\nq contains x if some x in [1, 2]",
                "# METADATA\n# title: t\npackage t\n\n# METADATA\n# authors: [a <b>]\np := rego.metadata.chain() # end",
                "package t\nimport rego.v1\np[k] := v if { some k, v in input.x; not v == 1 } \nf(x) := y if { y := x * 2 } else := 3",
                "package t\np if { every e in input.x { print(e); e != 7 } }\nd := {k: v | v := input.x[k] with input.x as {1}}\ndefault z := false",
                "package t\na.b[c] := {\"k\": [c, `r`, $\"t{c}\"]} if { c := sprintf(\"%5.2f\", [1.5]); walk(input, [_, c]) }",
                "package t\np := [x | x = input[_][i]; i >= 0; [1, y] = [x, 2]; y == 2]\nr := {1, 2} & {2} | {3} - {4}",
            }.Select(Encoding.UTF8.GetBytes),
        ]),
        new("rego-query", Query,
            [.. new[] { "data.t.p", "x := data.t.q[_]; x > 1", "[a, b] = input.x", "count(input.x, n)" }.Select(Encoding.UTF8.GetBytes)]),
        new("rego-json", Json,
            [.. new[] { "{\"a\":[1,2.5e3,null,true],\"b\":\"\\u00e9\"}", "[]",
                "123456789012345678901234567890" }.Select(Encoding.UTF8.GetBytes)]),
        new("rego-regex", Pattern,
            [.. new[] { "^a(b|c)*[x-z]+$", "(?i)\\pL{2,3}?|\\Q.\\E", "[[:alpha:]\\d^-]+\\b",
                "(?P<n>.)(?s:.)" }.Select(Encoding.UTF8.GetBytes)]),
        new("rego-certificate", Certificate, [Convert.FromBase64String(
            "MIIB1jCCAXygAwIBAgIIV9914tIKKkMwCgYIKoZIzj0EAwIwPTELMAkGA1UEBhMCR0IxEDAOBgNVBAoTB0V4YW1wbGUxHDAaBgNVBAUTEzI5MjEyMDE5NTA4MDk2NjI2"
            + "MjIwIBcNMjMxMTI5MTc1NTQ2WhgPMjEyMjExMDUxNzU1NDZaMD0xCzAJBgNVBAYTAkdCMRAwDgYDVQQKEwdFeGFtcGxlMRwwGgYDVQQFExM2MzMxOTA5MjE4MTUzMTQ2"
            + "OTQ3MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMoy2UqvC8zL3sPfLNvG1nX5p6hhEyDjFtokORB4VkKiPXFryIFn8XHG0ipz6aKSwVMoDT2T/YXP/wWpVwPJCi6Nk"
            + "MGIwDgYDVR0PAQH/BAQDAgeAMB0GA1UdJQQWMBQGCCsGAQUFBwMCBggrBgEFBQcDATAMBgNVHRMBAf8EAjAAMCMGA1UdEQQcMBqGGHNwaWZmZTovL2V4YW1wbGUuY29t"
            + "L29wYTAKBggqhkjOPQQDAgNIADBFAiBEmdSKGj2+9J5SQPIAmwdxpVTOxqmVQv2xVvita/AmowIhAOyX/alNJxL4iCfKUNwlC2lYxGhuWopWgB1Q32bQhTEh")]),
        new("rego-schema", Schema,
            [.. new[]
            {
                "{\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^a+$\",\"maxLength\":3}},\"required\":[\"a\"]},\"document\":{\"a\":\"aa\"}}",
                "{\"schema\":{\"definitions\":{\"n\":{\"items\":{\"$ref\":\"#/definitions/n\"},\"minItems\":1}},\"$ref\":\"#/definitions/n\"},\"document\":[[1]]}",
                "{\"schema\":{\"anyOf\":[{\"multipleOf\":0.1},{\"enum\":[1,\"x\"]}],\"not\":{\"const\":3},\"if\":true,\"then\":{\"format\":\"date\"}},\"document\":1.5}",
            }.Select(Encoding.UTF8.GetBytes)]),
    ];

    private static bool Module(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        var compilation = RegoCompiler.Compile("fuzz.rego", text);
        Require(compilation.Succeeded != compilation.Errors.Count > 0, "neither a policy nor an error, or both", input);
        if (!compilation.Succeeded)
        {
            foreach (var error in compilation.Errors)
            {
                Require(error.Location is { Line: >= 1, Column: >= 1 } at && at.Line <= text.Split('\n')
                    .Length, "an error without a place in the text", input);
            }

            return false;
        }

        Require(
            RegoFormatter.TryFormat(new RegoSource("fuzz.rego", text), out var once, out _)
            && RegoFormatter.TryFormat(new RegoSource("fuzz.rego", once), out var twice, out _) && once == twice,
            "a policy that compiles is not laid out once and for all", input);
        _ = RegoLinter.Find([new RegoSource("fuzz.rego", text)]);
        var query = compilation.Policy.Prepare("data");
        var plain = query.Evaluate(s_input, null, s_tight);
        var traced = query.Evaluate(s_input, null, s_tight with { Trace = true });
        Require(plain.Error is not null || traced.Error is not null || plain.Value!.Equals(traced.Value), "a trace changes the answer",
            input);
        _ = query.Explain(s_input, null, s_tight, out _).Select(explanation => explanation.ToString() + explanation.ToLine()).ToList();
        return true;
    }

    private static bool Query(ReadOnlySpan<byte> input)
    {
        var policy = RegoCompiler.Compile("t", "package t\np := 1\nq := [1, 2, 3]").Policy!;
        if (policy.TryPrepare(Encoding.UTF8.GetString(input), out var error) is not { } query)
        {
            Require(error is not null, "refused without an error", input);
            return false;
        }

        _ = query.Evaluate(s_input, null, s_tight);
        return true;
    }

    private static bool Json(ReadOnlySpan<byte> input)
    {
        if (!RegoValue.TryReadJson(input.ToArray(), out var value, out var error))
        {
            Require(error.Length > 0, "refused without a word", input);
            return false;
        }

        Require(RegoValue.TryReadJson(Encoding.UTF8.GetBytes(value.ToJson()), out var again, out _), "its own JSON is refused", input);
        Require(value.Equals(again) && value.GetHashCode() == again!.GetHashCode(), "its own JSON is another value", input);
        return true;
    }

    private static bool Pattern(ReadOnlySpan<byte> input)
    {
        var pattern = RegoValue.From(Encoding.UTF8.GetString(input));
        var document = RegoObject.Create(
        [
            KeyValuePair.Create<RegoValue, RegoValue>(RegoValue.From("p"), pattern),
            KeyValuePair.Create<RegoValue, RegoValue>(RegoValue.From("t"), RegoValue.From("abcabc xyz é😀\n_1")),
        ]);
        var answer = (RegoObject?)s_pattern.Evaluate(document, null, s_tight).Value;
        Require(answer is null || answer["v"] == RegoValue.True == (answer["m"] is not null),
            "valid, yet it does not match; or the other way round", input);
        return answer is not null && answer["v"] == RegoValue.True;
    }

    private static bool Certificate(ReadOnlySpan<byte> input)
    {
        var answer = (RegoObject?)s_certificate.Evaluate(RegoValue.From(Convert.ToBase64String(input)), null, s_tight).Value;
        Require(answer?["chain"] is null or RegoArray { Count: 2 }, "a chain is a verdict and certificates", input);
        Require(answer?["chain"] is not RegoArray chain || chain[0] == RegoValue.False, "one certificate was taken for a chain", input);
        return answer?["certificates"] is not null;
    }

    private static bool Schema(ReadOnlySpan<byte> input)
    {
        if (!RegoValue.TryReadJson(input.ToArray(), out var document, out _))
        {
            return false;
        }

        var answer = (RegoObject?)s_schema.Evaluate(document, null, s_tight).Value;
        var isSchema = answer?["verified"] is RegoArray verified && verified[0] == RegoValue.True;
        Require(answer?["matched"] is null || isSchema, "a document was held against what is no schema", input);
        return isSchema;
    }
}
