using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Pki;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Pccs;

/// <summary>Takes an upload apart. Every method throws <see cref="MalformedInputException"/> for content of another form.</summary>
internal sealed class PlatformCollateralReader
{
    private const string Source = "platformcollateral upload";

    private readonly JsonElement _root;
    private readonly JsonElement _collaterals;
    private readonly DateTimeOffset _received;
    private readonly byte[] _processorChain;
    private readonly byte[] _platformChain;
    private readonly byte[] _tcbInfoChain;
    private readonly byte[] _identityChain;

    public PlatformCollateralReader(JsonElement root, DateTimeOffset received)
    {
        (_root, _received) = (root, received);
        _collaterals = Member(root, "collaterals", "", JsonValueKind.Object)
            ?? throw new MalformedInputException("the upload", "the member 'collaterals' is missing");
        var certificates = Member(_collaterals, "certificates", "collaterals.", JsonValueKind.Object);
        var pck = Member(certificates, CertificationApi.PckChainHeader, "certificates.", JsonValueKind.Object);
        _processorChain = Chain(pck, "PROCESSOR");
        _platformChain = Chain(pck, "PLATFORM");
        _tcbInfoChain = Chain(certificates, "SGX-TCB-Info-Issuer-Chain");
        _tcbInfoChain = _tcbInfoChain.Length > 0 ? _tcbInfoChain : Chain(certificates, "TCB-Info-Issuer-Chain");
        _identityChain = Chain(certificates, "SGX-Enclave-Identity-Issuer-Chain");
    }

    public ImmutableArray<PlatformRegistration> Platforms()
    {
        var platforms = ImmutableArray.CreateBuilder<PlatformRegistration>();
        foreach (var (item, name) in Items(_root, "platforms", "", PlatformCollateral.MaximumPlatforms))
        {
            platforms.Add(PlatformRegistration.TryRead(item, out var platform, out var error)
                ? platform!
                : throw new MalformedInputException(name, error));
        }

        return platforms.ToImmutable();
    }

    public ImmutableArray<PlatformCollateralEntry> Entries()
    {
        var entries = ImmutableArray.CreateBuilder<PlatformCollateralEntry>();
        AddCrl(entries, _collaterals, "rootcacrl", CollateralKey.RootCaCrl(), []);
        var crls = Member(_collaterals, "pckcacrl", "collaterals.", JsonValueKind.Object);
        AddCrl(entries, crls, "processorCrl", CollateralKey.PckCrl(platformCa: false), _processorChain);
        AddCrl(entries, crls, "platformCrl", CollateralKey.PckCrl(platformCa: true), _platformChain);
        foreach (var (suffix, update) in (ReadOnlySpan<(string, TcbUpdate)>)[("", TcbUpdate.Standard), ("_early", TcbUpdate.Early)])
        {
            AddDocument(entries, _collaterals, "qeidentity" + suffix, "", CollateralKey.QeIdentity(Tee.Sgx, update), _identityChain);
            AddDocument(entries, _collaterals, "tdqeidentity" + suffix, "", CollateralKey.QeIdentity(Tee.Tdx, update), _identityChain);
            AddDocument(entries, _collaterals, "qveidentity" + suffix, "", CollateralKey.QveIdentity(update), _identityChain);
        }

        foreach (var (item, name) in Items(_collaterals, "tcbinfos", "collaterals.", PlatformCollateral.MaximumTcbInfos))
        {
            AddTcbInfos(entries, item, name);
        }

        foreach (var (item, name) in Items(_collaterals, "pck_certs", "collaterals.", PlatformCollateral.MaximumPlatforms))
        {
            entries.Add(PckCertificates(item, name));
        }

        return entries.ToImmutable();
    }

    private void AddTcbInfos(ImmutableArray<PlatformCollateralEntry>.Builder entries, JsonElement item, string name)
    {
        var fmspc = JsonInput.TextOrEmpty(item, "fmspc");
        foreach (var (suffix, update) in (ReadOnlySpan<(string, TcbUpdate)>)[("", TcbUpdate.Standard), ("_early", TcbUpdate.Early)])
        {
            AddDocument(entries, item, "sgx_tcbinfo" + suffix, name, Key(() =>
                CollateralKey.TcbInfo(Tee.Sgx, fmspc, update), name), _tcbInfoChain);
            AddDocument(entries, item, "tdx_tcbinfo" + suffix, name, Key(() =>
                CollateralKey.TcbInfo(Tee.Tdx, fmspc, update), name), _tcbInfoChain);
        }
    }

    private PlatformCollateralEntry PckCertificates(JsonElement item, string name)
    {
        var key = Key(
            () => CollateralKey.PckCertificates(JsonInput.TextOrEmpty(item, "qe_id"), JsonInput.TextOrEmpty(item, "pce_id")), name);
        var certificates = Member(item, "certs", name + ".", JsonValueKind.Array)
            ?? throw new MalformedInputException(name, "the member 'certs' is missing");
        return new PlatformCollateralEntry(
            name + ".certs", Stored(key, JsonInput.ExactBytes(certificates), ChainOf(certificates)));
    }

    // The CA that issued them is named in the certificates alone.
    private byte[] ChainOf(JsonElement certificates)
    {
        foreach (var item in certificates.EnumerateArray())
        {
            if (CertificationApi.TryDecodeChain(JsonInput.TextOrEmpty(item, "cert"), out var pem)
                && PemCertificates.TryRead(pem, out var found, out _) && found.Find(c => !c.IsCa) is { } leaf
                && PemCertificates.TryRead(_platformChain, out var issuers, out _)
                && issuers.Exists(c => c.Subject.Span.SequenceEqual(leaf.Issuer.Span)))
            {
                return _platformChain;
            }
        }

        return _processorChain.Length > 0 ? _processorChain : _platformChain;
    }

    private void AddDocument(
        ImmutableArray<PlatformCollateralEntry>.Builder entries, JsonElement owner, string member, string where, CollateralKey key,
            byte[] chain)
    {
        if (owner.ValueKind is not JsonValueKind.Object || !owner.TryGetProperty(member, out var value)
            || value.ValueKind is JsonValueKind.Null)
        {
            return;
        }

        var name = where.Length > 0 ? $"{where}.{member}" : member;
        var raw = value.ValueKind switch
        {
            JsonValueKind.String => Encoding.UTF8.GetBytes(value.GetString()!),
            JsonValueKind.Object => JsonInput.ExactBytes(value),
            _ => throw new MalformedInputException(name, "it is neither an object nor a string"),
        };
        if (raw.Length == 0)
        {
            return;                                                         // the tool writes nothing for what a platform does not have
        }

        var compact = JsonWhiteSpace.Remove(raw);
        if (key.Kind is CollateralKind.TcbInfo && key.Tee is Tee.Sgx && IsOldTcbInfo(raw))
        {
            key = CollateralKey.TcbInfo(Tee.Sgx, key.Fmspc, key.Update, apiVersion: 3);
        }

        entries.Add(new PlatformCollateralEntry(
            name, Stored(key, raw, chain), compact.Length == raw.Length ? null : Stored(key, compact, chain)));
    }

    // The older API's document says version 2; a wrong guess here is refused by the verification that follows.
    private static bool IsOldTcbInfo(byte[] raw)
    {
        if (!Primitives.Json.StrictJson.TryParse(raw, out var document, out _))
        {
            return false;
        }

        using (document)
        {
            return document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty("tcbInfo", out var body) && body.ValueKind is JsonValueKind.Object
                && body.TryGetProperty("version", out var version) && version.ValueKind is JsonValueKind.Number
                && version.TryGetInt32(out var number) && number == 2;
        }
    }

    private void AddCrl(
        ImmutableArray<PlatformCollateralEntry>.Builder entries, JsonElement? owner, string member, CollateralKey key, byte[] chain)
    {
        if (Member(owner, member, "", JsonValueKind.String) is not { } value || value.GetString() is not { Length: > 0 } text)
        {
            return;
        }

        entries.Add(BinaryText.TryDecodeHex(Encoding.UTF8.GetBytes(text), out var der)
            ? new PlatformCollateralEntry(member, Stored(key, der, chain))
            : throw new MalformedInputException(member, "it is not a revocation list in hex"));
    }

    private StoredCollateral Stored(CollateralKey key, byte[] raw, byte[] chain) => new(key, raw, chain, _received, Source, null, null);

    private static byte[] Chain(JsonElement? owner, string member)
    {
        if (Member(owner, member, "certificates.", JsonValueKind.String) is not { } value || value.GetString() is not { Length: > 0 } text)
        {
            return [];
        }

        return CertificationApi.TryDecodeChain(text, out var pem)
            ? pem
            : throw new MalformedInputException($"certificates.{member}", "it is no chain of certificates, PEM or URL-encoded PEM");
    }

    private static CollateralKey Key(Func<CollateralKey> make, string name)
    {
        try
        {
            return make();
        }
        catch (ArgumentException)
        {
            throw new MalformedInputException(name, "what names it (fmspc, or qe_id and pce_id) is missing or not hex of its size");
        }
    }

    private static IEnumerable<(JsonElement Item, string Name)> Items(JsonElement owner, string member, string where, int limit)
    {
        if (Member(owner, member, where, JsonValueKind.Array) is not { } array)
        {
            yield break;
        }

        if (array.GetArrayLength() > limit)
        {
            throw new MalformedInputException(where + member, $"it has more than {limit} entries");
        }

        var index = 0;
        foreach (var item in array.EnumerateArray())
        {
            yield return (item, $"{member}[{index++}]");
        }
    }

    private static JsonElement? Member(JsonElement? owner, string name, string where, JsonValueKind kind)
    {
        if (owner is not { } element)
        {
            return null;
        }

        if (element.ValueKind is not JsonValueKind.Object)
        {
            throw new MalformedInputException(where.Length > 0 ? where.TrimEnd('.') : "the upload", "it is not a JSON object");
        }

        if (!element.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == kind
            ? value
            : throw new MalformedInputException(where + name, $"it is {value.ValueKind}, not {kind}");
    }
}
