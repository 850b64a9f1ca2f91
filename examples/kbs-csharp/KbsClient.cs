using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KbsExample;

/// <summary>
/// The KBS protocol 0.4.0 from the workload's side: challenge, attestation, resource. Evidence comes from the guest API.
/// </summary>
internal sealed class KbsClient : IDisposable
{
    private const long LargestAnswer = 4 * 1024 * 1024;
    private readonly Uri _kbs;
    private readonly Uri _guestApi;
    private readonly HttpClient _http;
    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public KbsClient(Uri kbs, Uri guestApi)
    {
        _kbs = kbs;
        _guestApi = guestApi;
        // The handler keeps the session cookie. No proxy: broker and guest API are neighbours.
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            MaxResponseContentBufferSize = LargestAnswer,
        };
    }

    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
    }

    /// <summary>Attests, then fetches and decrypts the resource <paramref name="path"/> (REPOSITORY/TYPE/TAG).</summary>
    public async Task<byte[]> GetResourceAsync(string path)
    {
        var tee = Text(Parse(await GetAsync(new Uri(_guestApi, "/info"))), "tee");
        var challenge = Parse(await PostAsync("/kbs/v0/auth", new JsonObject
        {
            ["version"] = "0.4.0",
            ["tee"] = tee,
            ["extra-params"] = new JsonObject { ["supported-hash-algorithms"] = new JsonArray("sha256", "sha384", "sha512") },
        }));
        if (challenge["extra-params"] is JsonObject extra && extra.ContainsKey("selected-hash-algorithm"))
        {
            throw new KbsException("the broker selects a hash algorithm; this client speaks the default, SHA-384, alone");
        }

        var nonce = Text(challenge, "nonce");
        await PostAsync("/kbs/v0/attest", new JsonObject
        {
            ["runtime-data"] = new JsonObject { ["nonce"] = nonce, ["tee-pubkey"] = PublicKey() },
            ["tee-evidence"] = new JsonObject
            {
                ["primary_evidence"] = await EvidenceAsync(nonce),
                ["additional_evidence"] = "",
            },
        });
        return Jwe.Decrypt(await GetAsync(new Uri(_kbs, "/kbs/v0/resource/" + path)), _key);
    }

    // What the evidence binds: SHA-384 of the canonical JSON (RFC 8785) of nonce, key and the evidence of further devices
    // (none). Canonical means: members sorted by name, no white space; nothing in here needs escaping but the nonce's
    // characters, which base64 keeps plain.
    private async Task<JsonNode> EvidenceAsync(string nonce)
    {
        var bound = new JsonObject { ["additional-evidence"] = "", ["nonce"] = nonce, ["tee-pubkey"] = PublicKey() };
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,      // "+" stays "+"
        }))
        {
            bound.WriteTo(writer);
        }

        var digest = SHA384.HashData(text.ToArray());
        return Parse(await GetAsync(new Uri(_guestApi, $"/aa/evidence?encoding=base64&runtime_data={Base64Url.EncodeToString(digest)}")));
    }

    private JsonObject PublicKey()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["alg"] = "ECDH-ES+A256KW",
            ["crv"] = "P-256",
            ["kty"] = "EC",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    private async Task<byte[]> PostAsync(string route, JsonObject body)
    {
        using var content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
        return await ReadAsync(await _http.PostAsync(new Uri(_kbs, route), content));
    }

    private async Task<byte[]> GetAsync(Uri address) => await ReadAsync(await _http.GetAsync(address));

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var content = await response.Content.ReadAsByteArrayAsync();
            return response.IsSuccessStatusCode
                ? content
                : throw new KbsException($"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath} answered "
                    + $"{(int)response.StatusCode}: {System.Text.Encoding.UTF8.GetString(content).Trim()}");
        }
    }

    private static JsonNode Parse(byte[] json) => JsonNode.Parse(json) ?? throw new KbsException("an answer is JSON null");

    private static string Text(JsonNode json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw new KbsException($"an answer lacks the text member '{name}'");
}
