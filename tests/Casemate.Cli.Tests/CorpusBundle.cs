using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Collateral;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary>Evidence bundles of corpus cases.</summary>
internal static class CorpusBundle
{
    public static byte[] Of(CorpusCase corpus) => new EvidenceBundle
    {
        Tee = corpus.Kind switch { "snp-report" => Tee.Snp, "tdx-quote" => Tee.Tdx, _ => Tee.Sgx },
        Evidence = corpus.Kind == "snp-report" ? corpus.Report : corpus.Quote,
        Made = corpus.VerifyAt,
        DcapCollateral = corpus.Kind == "snp-report" ? null : corpus.DcapCollateral(),
        SnpEndorsements = corpus.Kind == "snp-report" ? corpus.SnpEndorsements() : null,
    }.Write();

    /// <summary>The same on one line, as a stream carries it.</summary>
    public static string LineOf(CorpusCase corpus) => JsonNode.Parse(Of(corpus))!.ToJsonString(new JsonSerializerOptions());
}
