using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;

namespace Casemate.Testing;

/// <summary>One case of the attestation corpus (<c>tests/corpus/attestation/manifest.json</c>); its README explains the members.</summary>
public sealed class CorpusCase
{
    private static readonly Lazy<ImmutableArray<CorpusCase>> s_all = new(Load);

    private readonly JsonElement _json;

    private CorpusCase(JsonElement json) => _json = json;

    public static ImmutableArray<CorpusCase> All => s_all.Value;

    public string Id => _json.GetProperty("id").GetString()!;

    public string Kind => _json.GetProperty("kind").GetString()!;

    public string Folder => Path.Combine(RepositoryPaths.Corpus, _json.GetProperty("dir").GetString()!);

    public DateTimeOffset VerifyAt => DateTimeOffset.FromUnixTimeSeconds(_json.GetProperty("verify_at").GetInt64());

    public JsonElement Expected => _json.GetProperty("expected");

    public JsonElement Facts => _json.GetProperty("facts");

    public JsonElement Json => _json;

    /// <summary>The status word; null where no level matches.</summary>
    public string? ExpectedTcbStatus => Expected.TryGetProperty("tcb_status", out var status) ? status.GetString() : null;

    public static CorpusCase Get(string id) => All.Single(c => c.Id == id);

    public static IEnumerable<CorpusCase> OfKind(params string[] kinds) => All.Where(c => kinds.Contains(c.Kind));

    public byte[] File(string name) => System.IO.File.ReadAllBytes(Path.Combine(Folder, name));

    public bool Has(string name) => System.IO.File.Exists(Path.Combine(Folder, name));

    /// <summary>The quote, for the quote kinds.</summary>
    public byte[] Quote => File("quote.bin");

    /// <summary>The report, for the report kinds.</summary>
    public byte[] Report => File("report.bin");

    /// <summary>Collateral from <c>collateral.json</c>, the member names of which are those of dcap-qvl.</summary>
    public DcapCollateral DcapCollateral()
    {
        using var document = JsonDocument.Parse(File("collateral.json"));
        var root = document.RootElement;
        byte[] Text(string name) => Encoding.UTF8.GetBytes(root.GetProperty(name).GetString()!);
        byte[] Hex(string name) => Convert.FromHexString(root.GetProperty(name).GetString()!);
        return new DcapCollateral
        {
            TcbInfo = new SignedDocument(Text("tcb_info"), Hex("tcb_info_signature"), Text("tcb_info_issuer_chain")),
            QeIdentity = new SignedDocument(Text("qe_identity"), Hex("qe_identity_signature"), Text("qe_identity_issuer_chain")),
            RootCaCrl = Hex("root_ca_crl"),
            PckCrl = Hex("pck_crl"),
        };
    }

    /// <summary>The certificates beside a report; the corpus holds no AMD CRL.</summary>
    public SnpEndorsements SnpEndorsements() => new()
    {
        Vek = File(Has("vcek.der") ? "vcek.der" : "vlek.der"),
        Ask = Has("ask.pem") ? File("ask.pem") : ReadOnlyMemory<byte>.Empty,
        Ark = Has("ark.pem") ? File("ark.pem") : ReadOnlyMemory<byte>.Empty,
    };

    /// <summary>The window of all collateral: latest start and earliest end, both inside.</summary>
    public (DateTimeOffset Start, DateTimeOffset End) CollateralWindow()
    {
        var window = _json.GetProperty("collateral_window");
        return (DateTimeOffset.Parse(window[0].GetString()!, null), DateTimeOffset.Parse(window[1].GetString()!, null));
    }

    public override string ToString() => Id;

    private static ImmutableArray<CorpusCase> Load()
    {
        using var manifest = JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(RepositoryPaths.Corpus, "manifest.json")));
        var cases = manifest.RootElement.GetProperty("cases").EnumerateArray().Select(c => new CorpusCase(c.Clone())).ToImmutableArray();
        foreach (var item in cases)
        {
            foreach (var hash in item._json.GetProperty("sha256").EnumerateObject())
            {
                var actual = Convert.ToHexStringLower(SHA256.HashData(item.File(hash.Name)));
                if (actual != hash.Value.GetString())
                {
                    throw new InvalidDataException($"{item.Id}: {hash.Name} was changed (SHA-256 {actual}).");
                }
            }
        }

        return cases;
    }
}
