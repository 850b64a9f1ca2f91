using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Pccs;

/// <summary>
/// Puts what a store holds of Intel's into one upload. The form has one chain of issuers for each kind of document, and places for the
/// standard and the early generation only: what does not fit is left out, and named.
/// </summary>
internal sealed class PlatformCollateralWriter
{
    private const string RootCrlAddress = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der";
    private const int FormatVersion = 4;

    private readonly Dictionary<CollateralKey, StoredCollateral> _pieces;
    private readonly List<ProvisionedPlatform> _platforms;
    private readonly HashSet<CollateralKey> _written = [];
    private readonly ReadOnlyMemory<byte> _tcbInfoChain;
    private readonly ReadOnlyMemory<byte> _identityChain;
    private readonly ReadOnlyMemory<byte> _processorChain;
    private readonly ReadOnlyMemory<byte> _platformChain;

    public PlatformCollateralWriter(IEnumerable<StoredCollateral> pieces, IEnumerable<ProvisionedPlatform> platforms)
    {
        _pieces = pieces.DistinctBy(piece => piece.Key).ToDictionary(piece => piece.Key);
        _platforms = [.. platforms.DistinctBy(platform => platform.CertificatesKey)];
        _tcbInfoChain = NewestChain(key => key.Kind is CollateralKind.TcbInfo && key.ApiVersion == 4);
        _identityChain = NewestChain(key => key.Kind is CollateralKind.QeIdentity or CollateralKind.QveIdentity);
        _processorChain = PckChainOf(platformCa: false);
        _platformChain = PckChainOf(platformCa: true);
    }

    /// <summary>What has no place in the upload, in the order of its text.</summary>
    public ImmutableArray<CollateralKey> LeftOut =>
        [.. _pieces.Keys.Where(key => !_written.Contains(key)).OrderBy(key => key.ToString(), StringComparer.Ordinal)];

    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartArray("platforms");
            foreach (var platform in Machines())
            {
                foreach (var registration in PlatformRegistration.Of(platform))
                {
                    registration.Write(json);
                }
            }

            json.WriteEndArray();
            json.WriteStartObject("collaterals");
            json.WriteNumber("version", FormatVersion);
            WritePckCertificates(json);
            WriteTcbInfos(json);
            json.WriteStartObject("pckcacrl");
            WriteCrl(json, "processorCrl", CollateralKey.PckCrl(platformCa: false), _processorChain);
            WriteCrl(json, "platformCrl", CollateralKey.PckCrl(platformCa: true), _platformChain);
            json.WriteEndObject();
            WriteIdentities(json);
            WriteChains(json);
            WriteCrl(json, "rootcacrl", CollateralKey.RootCaCrl(), default);
            json.WriteString("rootcacrl_cdp", RootCrlAddress);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // Certificates whose machine is not known otherwise name it at least.
    private IEnumerable<ProvisionedPlatform> Machines()
    {
        var known = _platforms.Select(platform => platform.CertificatesKey).ToHashSet();
        return _platforms
            .Concat(_pieces.Keys.Where(key => key.Kind is CollateralKind.PckCertificates && !known.Contains(key))
                .Select(key => new ProvisionedPlatform { QeId = key.QeId, PceId = key.PceId }))
            .OrderBy(platform => platform.QeId, StringComparer.Ordinal);
    }

    private void WritePckCertificates(Utf8JsonWriter json)
    {
        json.WriteStartArray("pck_certs");
        foreach (var platform in Machines())
        {
            if (Take(platform.CertificatesKey) is not { } certificates)
            {
                continue;
            }

            json.WriteStartObject();
            json.WriteString("qe_id", platform.QeId);
            json.WriteString("pce_id", platform.PceId);
            json.WriteString("enc_ppid", platform.EncryptedPpid);
            json.WriteString("platform_manifest", platform.PlatformManifest);
            json.WritePropertyName("certs");
            json.WriteRawValue(certificates.Raw.Span);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteTcbInfos(Utf8JsonWriter json)
    {
        json.WriteStartArray("tcbinfos");
        var families = _pieces.Keys.Where(key => key.Kind is CollateralKind.TcbInfo && key.ApiVersion == 4)
            .Select(key => key.Fmspc).Distinct().Order(StringComparer.Ordinal);
        foreach (var fmspc in families)
        {
            json.WriteStartObject();
            json.WriteString("fmspc", fmspc.ToUpperInvariant());
            foreach (var (suffix, update) in (ReadOnlySpan<(string, TcbUpdate)>)[("", TcbUpdate.Standard), ("_early", TcbUpdate.Early)])
            {
                foreach (var (name, tee) in (ReadOnlySpan<(string, Tee)>)[("sgx_tcbinfo", Tee.Sgx), ("tdx_tcbinfo", Tee.Tdx)])
                {
                    if (Take(CollateralKey.TcbInfo(tee, fmspc, update), _tcbInfoChain) is { } document)
                    {
                        json.WritePropertyName(name + suffix);
                        json.WriteRawValue(document.Raw.Span);              // signed: byte by byte
                    }
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteIdentities(Utf8JsonWriter json)
    {
        foreach (var (suffix, update) in (ReadOnlySpan<(string, TcbUpdate)>)[("", TcbUpdate.Standard), ("_early", TcbUpdate.Early)])
        {
            foreach (var (name, key) in (ReadOnlySpan<(string, CollateralKey)>)
                [
                    ("qeidentity", CollateralKey.QeIdentity(Tee.Sgx, update)), ("tdqeidentity", CollateralKey.QeIdentity(Tee.Tdx, update)),
                    ("qveidentity", CollateralKey.QveIdentity(update)),
                ])
            {
                if (Take(key, _identityChain) is { } document)
                {
                    json.WriteString(name + suffix, document.Raw.Span);
                }
            }
        }
    }

    private void WriteChains(Utf8JsonWriter json)
    {
        json.WriteStartObject("certificates");
        json.WriteStartObject(Upstream.CertificationApi.PckChainHeader);
        WriteChain(json, "PROCESSOR", _processorChain);
        WriteChain(json, "PLATFORM", _platformChain);
        json.WriteEndObject();
        WriteChain(json, "SGX-TCB-Info-Issuer-Chain", _tcbInfoChain);
        WriteChain(json, "TCB-Info-Issuer-Chain", _tcbInfoChain);
        WriteChain(json, "SGX-Enclave-Identity-Issuer-Chain", _identityChain);
        json.WriteEndObject();
    }

    private static void WriteChain(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> chain)
    {
        if (!chain.IsEmpty)
        {
            json.WriteString(name, Uri.EscapeDataString(Encoding.ASCII.GetString(chain.Span)));
        }
    }

    private void WriteCrl(Utf8JsonWriter json, string name, CollateralKey key, ReadOnlyMemory<byte> chain)
    {
        if (Take(key, chain) is { } crl)
        {
            json.WriteString(name, Convert.ToHexString(crl.Raw.Span));
        }
    }

    private StoredCollateral? Take(CollateralKey key) => Take(key, key.Kind is CollateralKind.PckCertificates
        && _pieces.TryGetValue(key, out var piece) ? IsUnderPlatformCa(piece) ? _platformChain : _processorChain : default);

    private StoredCollateral? Take(CollateralKey key, ReadOnlyMemory<byte> chain)
    {
        if (!_pieces.TryGetValue(key, out var piece) || !SameCertificates(piece.IssuerChainPem, chain))
        {
            return null;
        }

        _written.Add(key);
        return piece;
    }

    private ReadOnlyMemory<byte> NewestChain(Func<CollateralKey, bool> which) =>
        _pieces.Values.Where(piece => which(piece.Key)).MaxBy(piece => piece.NotBefore)?.IssuerChainPem ?? default;

    private ReadOnlyMemory<byte> PckChainOf(bool platformCa) =>
        _pieces.TryGetValue(CollateralKey.PckCrl(platformCa), out var crl)
            ? crl.IssuerChainPem
            : _pieces.Values.Where(piece => piece.Key.Kind is CollateralKind.PckCertificates && IsUnderPlatformCa(piece) == platformCa)
                .MaxBy(piece => piece.Fetched)?.IssuerChainPem ?? default;

    private static bool IsUnderPlatformCa(StoredCollateral certificates) =>
        PemCertificates.TryRead(certificates.IssuerChainPem.Span, out var chain, out _)
        && chain.Exists(certificate => certificate.CommonName == PckChain.PlatformCaName);

    // The same certificates may be wrapped differently by different services.
    private static bool SameCertificates(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) =>
        left.Span.SequenceEqual(right.Span)
        || (PemCertificates.TryRead(left.Span, out var first, out _) && PemCertificates.TryRead(right.Span, out var second, out _)
            && first.Count == second.Count
            && first.Zip(second).All(pair => pair.First.Der.Span.SequenceEqual(pair.Second.Der.Span)));
}
