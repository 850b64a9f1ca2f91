using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Attestation.Snp;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;
using Casemate.Simulator.Snp;

namespace Casemate.Simulator;

// The stored form, version 1. A SHA-256 over the bytes of "state" tells damage from a different version; it is no protection
// against someone who may write the file, who holds all keys anyway.
//
//   { "format": "casemate-simulated-platform", "version": 1, "sha256": HEX,
//     "state": { "created": "2026-11-20T08:00:00Z", "secret": BASE64 (32 bytes), "sgxRoot": BASE64 (certificate),
//                "snp": [ { "product": "Milan", "ark": BASE64, "arkKey": BASE64 (PKCS#8), "ask", "askKey", "asvk"?, "asvkKey"? } ] } }
public sealed partial class SimulatedPlatform
{
    private const string Format = "casemate-simulated-platform";
    private const int FormatVersion = 1;
    private const int MaximumStateSize = 256 * 1024;
    private const int MaximumCertificateSize = 16 * 1024;
    private const int MaximumKeySize = 8 * 1024;
    private const int MinimumYear = 2000;
    private const int MaximumYear = 2999;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>
    /// The private state: secret, keys made so far, root certificates. Whoever has it can sign any evidence of this installation: store
    /// it readable for its owner alone (mode 0600).
    /// </summary>
    /// <returns>JSON, UTF-8, with format name and version.</returns>
    public byte[] Export()
    {
        lock (_products)
        {
            _hasUnexportedKeys = false;                                    // first: a key made from here on sets it again
            var state = JsonObjectBytes.Write(WriteState);
            var exported = JsonObjectBytes.Write(w =>
            {
                w.WriteString("format", Format);
                w.WriteNumber("version", FormatVersion);
                w.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(state)));
                w.WritePropertyName("state");
                w.WriteRawValue(state, skipInputValidation: true);
            });
            CryptographicOperations.ZeroMemory(state);
            return exported;
        }
    }

    /// <summary>Loads what <see cref="Export"/> returned. Fast: no RSA key is made or loaded before it is used.</summary>
    /// <param name="state">The exported bytes, at most 256 KiB.</param>
    /// <exception cref="FormatException">The bytes are no such state, damaged, or of another version; the message says which.</exception>
    public static SimulatedPlatform Import(ReadOnlySpan<byte> state)
    {
        if (state.Length > MaximumStateSize)
        {
            throw Refuse($"it has {state.Length} bytes, more than the limit of {MaximumStateSize}");
        }

        var copy = state.ToArray();
        try
        {
            var options = new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(copy, options);
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw Refuse($"it is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})", e);
        }
        catch (InvalidOperationException e)                                // a string that is not valid UTF-16 once unescaped
        {
            throw Refuse("it holds a malformed string", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    private static SimulatedPlatform Read(JsonElement root)
    {
        RequireMembers(root, "the document", ["format", "version", "sha256", "state"], []);
        if (Text(root, "format") != Format)
        {
            throw Refuse($"'format' is not '{Format}'");
        }

        if (root.GetProperty("version") is not { ValueKind: JsonValueKind.Number } version
            || !version.TryGetInt32(out var number) || number != FormatVersion)
        {
            throw Refuse($"'version' is not {FormatVersion}, the only version that this program reads");
        }

        var state = root.GetProperty("state");
        var digest = Convert.ToHexStringLower(SHA256.HashData(JsonMarshal.GetRawUtf8Value(state)));
        if (Text(root, "sha256") != digest)
        {
            throw Refuse("'sha256' does not match 'state': the file is damaged or was edited");
        }

        RequireMembers(state, "'state'", ["created", "secret", "sgxRoot", "snp"], []);
        var platform = ReadInstallation(state);
        ReadProducts(platform, state.GetProperty("snp"));
        return platform;
    }

    private static SimulatedPlatform ReadInstallation(JsonElement state)
    {
        if (!DateTimeOffset.TryParseExact(
                Text(state, "created"), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created)
            || created.Year is < MinimumYear or > MaximumYear)
        {
            throw Refuse($"'created' is not a time such as 2026-11-20T08:00:00Z in the years {MinimumYear} to {MaximumYear}");
        }

        var seed = Bytes(state, "secret", InstallationSecret.Size);
        if (seed.Length != InstallationSecret.Size)
        {
            throw Refuse($"'secret' is not {InstallationSecret.Size} bytes long");
        }

        var secret = new InstallationSecret(seed);
        CryptographicOperations.ZeroMemory(seed);
        var rootDer = Bytes(state, "sgxRoot", MaximumCertificateSize);
        if (!StoredKeys.TryReadPublicKeyInfo(rootDer, out var rootKey))
        {
            throw Refuse("'sgxRoot' is not a certificate");
        }

        if (!rootKey.SequenceEqual(DcapPki.RootPublicKeyInfo(secret)))
        {
            throw Refuse("'sgxRoot' does not belong to 'secret'");
        }

        return new SimulatedPlatform(secret, created, rootDer, isNew: false);
    }

    private static void ReadProducts(SimulatedPlatform platform, JsonElement snp)
    {
        if (snp.ValueKind is not JsonValueKind.Array)
        {
            throw Refuse("'snp' is not an array");
        }

        foreach (var entry in snp.EnumerateArray())
        {
            RequireMembers(entry, "an entry of 'snp'", ["product", "ark", "arkKey", "ask", "askKey"], ["asvk", "asvkKey"]);
            var product = Text(entry, "product") switch
            {
                "Milan" => SnpProduct.Milan,
                "Genoa" => SnpProduct.Genoa,
                "Turin" => SnpProduct.Turin,
                _ => throw Refuse("an entry of 'snp' names an unknown 'product'; known are Milan, Genoa and Turin"),
            };
            if (platform._snp.ContainsKey(product))
            {
                throw Refuse($"'snp' has two entries for {product}");
            }

            if (entry.TryGetProperty("asvk", out _) != entry.TryGetProperty("asvkKey", out _))
            {
                throw Refuse($"the entry of {product} has only one of 'asvk' and 'asvkKey'");
            }

            var ark = ReadAuthority(entry, "ark", product);
            var ask = ReadAuthority(entry, "ask", product);
            (byte[], byte[])? asvk = entry.TryGetProperty("asvk", out _) ? ReadAuthority(entry, "asvk", product) : null;
            platform.Add(new SnpKeys(product, platform.Created, platform.MarkChanged, ark, ask, asvk));
        }
    }

    private static (byte[] Key, byte[] Der) ReadAuthority(JsonElement entry, string name, SnpProduct product)
    {
        var der = Bytes(entry, name, MaximumCertificateSize);
        var key = Bytes(entry, name + "Key", MaximumKeySize);
        if (!StoredKeys.TryReadPublicKeyInfo(der, out var publicKey))
        {
            throw Refuse($"'{name}' of {product} is not a certificate");
        }

        if (StoredKeys.CheckRsa(key, publicKey, RsaSigningKey.Bits) is { } problem)
        {
            throw Refuse($"'{name}Key' of {product} {problem}");
        }

        return (key, der);
    }

    private static void RequireMembers(JsonElement element, string what, ReadOnlySpan<string> required, ReadOnlySpan<string> optional)
    {
        if (element.ValueKind is not JsonValueKind.Object)
        {
            throw Refuse($"{what} is not a JSON object");
        }

        foreach (var name in required)
        {
            if (!element.TryGetProperty(name, out _))
            {
                throw Refuse($"{what} has no member '{name}'");
            }
        }

        foreach (var member in element.EnumerateObject())
        {
            if (!required.Contains(member.Name) && !optional.Contains(member.Name))
            {
                throw Refuse($"{what} has an unknown member");
            }
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name) is { ValueKind: JsonValueKind.String } value
            ? value.GetString()!
            : throw Refuse($"'{name}' is not a string");

    private static byte[] Bytes(JsonElement element, string name, int maximumSize)
    {
        if (element.GetProperty(name) is not { ValueKind: JsonValueKind.String } value || !value.TryGetBytesFromBase64(out var bytes))
        {
            throw Refuse($"'{name}' is not Base64");
        }

        return bytes.Length <= maximumSize ? bytes : throw Refuse($"'{name}' has more than {maximumSize} bytes");
    }

    private static FormatException Refuse(string reason, Exception? inner = null) =>
        new($"This is not the state of a simulated platform: {reason}.", inner);

    private void WriteState(Utf8JsonWriter writer)
    {
        writer.WriteString("created", Created.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        writer.WriteBase64String("secret", _secret.Seed);
        writer.WriteBase64String("sgxRoot", _sgxRootDer);
        writer.WriteStartArray("snp");
        foreach (var (product, made) in _snp)
        {
            writer.WriteStartObject();
            writer.WriteString("product", product.ToString());
            WriteAuthority(writer, "ark", made.Keys.Ark);
            WriteAuthority(writer, "ask", made.Keys.Ask);
            if (made.Keys.AsvkIfMade is { } asvk)
            {
                WriteAuthority(writer, "asvk", asvk);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAuthority(Utf8JsonWriter writer, string name, (byte[] Key, byte[] Der) authority)
    {
        writer.WriteBase64String(name, authority.Der);
        writer.WriteBase64String(name + "Key", authority.Key);
    }
}
