using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Nvidia;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Attestation.Tests.Azure;
using Casemate.Attestation.Tests.Cose;
using Casemate.Attestation.Tests.Nvidia;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

public sealed partial class VerdictJsonTests
{
    private static readonly VerdictJsonOptions Options = new()
    {
        At = new DateTimeOffset(2026, 11, 20, 13, 0, 0, TimeSpan.FromHours(1)),
        Policy = "shop",
    };

    [Fact]
    public void Writes_ARejectedVerdictWithoutClaims()
    {
        var verdict = new Verdict
        {
            Tee = Tee.Snp,
            Format = "SEV-SNP report v3 (Milan)",
            Checks =
            [
                new Check(CheckId.SnpChain, CheckOutcome.Failed, "VEK, ASK and ARK", "nothing"),
                new Check(CheckId.Identity, CheckOutcome.NotAsked, "–", "00"),
            ],
            Simulated = false,
        };

        Assert.Equal(
            """
            {"apiVersion":"casemate/v1","verdict":"rejected","simulated":false,"tee":"snp","format":"SEV-SNP report v3 (Milan)",
            "policy":"shop","at":"2026-11-20T12:00:00Z","collateralExpires":null,"tcbStatus":null,"tcbDate":null,"advisoryIds":[],"tcb":null,
            "claims":null,"checks":[{"name":"SnpChain","outcome":"failed","expected":"VEK, ASK and ARK","actual":"nothing"},
            {"name":"Identity","outcome":"notAsked","expected":"\u2013","actual":"00"}]}
            """.Replace("\n", "", StringComparison.Ordinal),
            Encoding.UTF8.GetString(Write(verdict, Options)));
    }

    [Theory]
    [InlineData("dcapqvl-sgx-procCA")]
    [InlineData("oe-tdx-v5-relaunch-advised")]
    [InlineData("oak-turin-v5-vcek")]
    [InlineData("constellation-aws-milan-v3-vlek")]
    public void Writes_EveryDocumentedMember_AndNoOther(string id)
    {
        var documented = Names(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "verify.md")));
        using var json = JsonDocument.Parse(Write(Verify(id), Options with { IncludeMachineIdentifiers = true }));

        var written = Members(json.RootElement).ToHashSet();
        Assert.Empty(written.Except(documented).Except(["fmc", "bootLoader", "tee", "snp", "microcode"]));
        Assert.Contains("reportData", written);
    }

    [Fact]
    public void Writes_NoMember_ThatThePagesDoNotName()
    {
        var options = Options with { IncludeMachineIdentifiers = true };
        var log = EventLogWriter.Ovmf().ToArray();
        var (verify, azure, gpu) = (Page("verify.md"), Page("azure.md"), Page("gpu.md"));
        var (endorsement, did) = new ImagePublisher().Endorse();
        (string Written, string[] Pages)[] cases =
        [
            (Json(w => VerdictJson.Write(
                w, AzureVerifier.Verify(
                    new AzureVm().OnSnp(), Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon,
                    EvidencePolicy.EvidenceOnly),
                options)), [verify]),
            (Json(w => VerdictJson.Write(
                w, EventLogVerifier.Verify(
                    Simulated.Dcap.QuoteTdx(Simulated.Td, new byte[64]), log, Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon),
                    Simulated.Roots, Simulated.Noon, EvidencePolicy.EvidenceOnly),
                options)), [verify]),
            (Json(w => VerdictJson.Write(
                w, GuestImageVerifier.Verify(
                    endorsement, Simulated.Noon, new GuestImagePolicy { Signers = [new TrustedImageSigner(did, ImagePublisher.Feed, 0)] }),
                options)), [verify, azure]),
            (Json(w => VerdictJson.Write(
                w, GpuReportVerifier.Verify(
                    new GpuDevice().Report(), Encoding.ASCII.GetBytes(new GpuDevice().ChainPem()), GpuDevice.Roots, Simulated.Noon,
                    new GpuPolicy()),
                options)), [verify, gpu]),
        ];
        foreach (var (written, pages) in cases)
        {
            using var json = JsonDocument.Parse(written);
            var members = Members(json.RootElement).Where(m => !int.TryParse(m, null, out _)).ToHashSet();
            Assert.Empty(members.Except(pages.SelectMany(Names)).Except(["fmc", "bootLoader", "tee", "snp", "microcode"]));
            Assert.True(members.Overlaps(["vtpm", "eventLog", "endorsement", "firmwareId"]), "what the case is about is not written");
        }
    }

    [Fact]
    public void LeavesOut_WhatIdentifiesAMachine_UnlessAsked()
    {
        string[] identifiers = ["ppid", "platformInstanceId", "chipId"];
        foreach (var id in (ReadOnlySpan<string>)["automata-sgx-platCA-swhardening", "oak-genoa-v5-vcek"])
        {
            var verdict = Verify(id);
            using var without = JsonDocument.Parse(Write(verdict, Options));
            using var with = JsonDocument.Parse(Write(verdict, Options with { IncludeMachineIdentifiers = true }));

            Assert.Empty(Members(without.RootElement).Intersect(identifiers));
            Assert.NotEmpty(Members(with.RootElement).Intersect(identifiers));
        }
    }

    [Fact]
    public void Writes_TheClaimsOfTheEvidence()
    {
        using var json = JsonDocument.Parse(Write(Verify("oak-turin-v5-vcek"), Options));
        var claims = json.RootElement.GetProperty("claims");
        var facts = CorpusCase.Get("oak-turin-v5-vcek").Facts;

        Assert.Equal(facts.GetProperty("measurement").GetString(), claims.GetProperty("measurement").GetString());
        Assert.Equal("Turin", claims.GetProperty("product").GetString());
        Assert.Equal("Vcek", claims.GetProperty("signer").GetString());
        Assert.Matches("^0x[0-9a-f]{16}$", claims.GetProperty("policy").GetString());
        Assert.Equal(
            facts.GetProperty("tcb").GetProperty("reported").GetProperty("snp").GetInt32(),
            claims.GetProperty("reportedTcb").GetProperty("snp").GetInt32());
    }

    [Fact]
    public void Names_EveryTeeAndOutcome()
    {
        Assert.Equal(["sgx", "tdx", "snp"], Enum.GetValues<Tee>().Select(VerdictJson.NameOf));
        Assert.Equal(["failed", "passed", "warned", "notAsked"], Enum.GetValues<CheckOutcome>().Select(VerdictJson.NameOf));
    }

    private static Verdict Verify(string id)
    {
        var corpus = CorpusCase.Get(id);
        return corpus.Kind.StartsWith("snp", StringComparison.Ordinal)
            ? SnpReportVerifier.Verify(
                corpus.Report, corpus.SnpEndorsements(), TrustRoots.Production, corpus.VerifyAt, EvidencePolicy.EvidenceOnly)
            : QuoteVerifier.Verify(
                corpus.Quote, corpus.DcapCollateral(), TrustRoots.Production, corpus.VerifyAt, EvidencePolicy.EvidenceOnly);
    }

    private static byte[] Write(Verdict verdict, VerdictJsonOptions options) =>
        Encoding.UTF8.GetBytes(Json(w => VerdictJson.Write(w, verdict, options)));

    private static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Page(string name) => File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", name));

    private static IEnumerable<string> Members(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => Members(member.Value).Prepend(member.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Members),
        _ => [],
    };

    private static HashSet<string> Names(string page) => [.. Name().Matches(page).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("`([A-Za-z0-9_]+)`")]
    private static partial Regex Name();
}
