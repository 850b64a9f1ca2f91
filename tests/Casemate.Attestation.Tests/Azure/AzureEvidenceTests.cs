using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation.Azure;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Azure;

/// <summary>The JSON of az-snp-vtpm and az-tdx-vtpm evidence: read as guests write it, written as brokers read it.</summary>
public sealed class AzureEvidenceTests
{
    [Fact]
    public void Reads_RealEvidence_AndWritesTheSame()
    {
        var real = RealEvidence.AzureSnpEvidenceV2;

        Assert.True(AzureEvidence.TryRead(real, Tee.Snp, out var evidence, out var error), error);

        Assert.Equal(2, evidence.Version);
        Assert.Equal(24, evidence.Quote.Pcrs.Length);
        Assert.Equal(256, evidence.Quote.Signature.Length);
        Assert.Null(evidence.TdQuote);
        AssertSame(JsonNode.Parse(real), JsonNode.Parse(evidence.Write()));
    }

    [Fact]
    public void WritesAndReads_TdxEvidence()
    {
        var evidence = new AzureVm().OnTdx();

        Assert.True(AzureEvidence.TryRead(evidence.Write(), Tee.Tdx, out var read, out var error), error);

        Assert.Equal(evidence.TdQuote!.Value.ToArray(), read.TdQuote!.Value.ToArray());
        Assert.Null(read.Vcek);
        Assert.Equal(evidence.HclReport.ToArray(), read.HclReport.ToArray());
        Assert.Equal(evidence.Quote.Message.ToArray(), read.Quote.Message.ToArray());
        Assert.Equal(evidence.Quote.Pcrs, read.Quote.Pcrs);
    }

    [Fact]
    public void Reads_Base64_WithAndWithoutPadding()
    {
        var padded = JsonNode.Parse(new AzureVm().OnSnp().Write())!.AsObject();
        var bare = padded.DeepClone().AsObject();
        foreach (var name in (string[])["hcl_report", "vcek"])
        {
            bare[name] = bare[name]!.GetValue<string>().TrimEnd('=');
        }

        Assert.Contains('=', padded["hcl_report"]!.GetValue<string>());
        Assert.Equal(Read(padded).HclReport.ToArray(), Read(bare).HclReport.ToArray());
        Assert.Equal(Read(padded).Vcek!.Value.ToArray(), Read(bare).Vcek!.Value.ToArray());
    }

    [Fact]
    public void Reads_Evidence_InsideOfOtherJson()
    {
        using var document = JsonDocument.Parse((byte[])[.. "{\"evidence\":"u8, .. RealEvidence.AzureSnpEvidenceV2, (byte)'}']);

        Assert.True(AzureEvidence.TryRead(document.RootElement.GetProperty("evidence"), Tee.Snp, out _, out _));
    }

    [Fact]
    public void Ignores_MembersThatAreNotKnown() => Read(Changed(json => json["more"] = new JsonArray(1, 2)));

    [Fact]
    public void Refuses_VersionsThatAreNotKnown()
    {
        AssertRefused("from before versions", json => json.Remove("version"));
        foreach (var version in (JsonNode[])[0, 3, -1, 1.5, "2", long.MaxValue])
        {
            AssertRefused("'version' is not 1 or 2", json => json["version"] = version);
        }
    }

    [Fact]
    public void Refuses_QuotesThatAreNotWhole()
    {
        AssertRefused("'tpm_quote'", json => json.Remove("tpm_quote"));
        AssertRefused("'tpm_quote'", json => json["tpm_quote"] = "x");
        AssertRefused("'tpm_quote.message'", json => Quote(json).Remove("message"));
        AssertRefused("'tpm_quote.message'", json => Quote(json)["message"] = "0");
        AssertRefused("'tpm_quote.message'", json => Quote(json)["message"] = "0g");
        AssertRefused("'tpm_quote.message'", json => Quote(json)["message"] = new string('0', 2050));
        AssertRefused("'tpm_quote.signature'", json => Quote(json)["signature"] = null);
        AssertRefused("'tpm_quote.signature'", json => Quote(json)["signature"] = new string('0', 1026));
        AssertRefused("'tpm_quote.pcrs'", json => Quote(json)["pcrs"] = "x");
        AssertRefused("'tpm_quote.pcrs'", json => Quote(json)["pcrs"]!.AsArray().Add(new string('0', 64)));
        AssertRefused("'tpm_quote.pcrs[3]'", json => Quote(json)["pcrs"]![3] = new string('0', 62));
        AssertRefused("'tpm_quote.pcrs[23]'", json => Quote(json)["pcrs"]![23] = 5);
    }

    [Theory]
    [InlineData("")]
    [InlineData("====")]
    [InlineData("AA+/")]                                                    // the other alphabet
    [InlineData("AAA==")]
    [InlineData("AAAA====")]
    [InlineData("A")]
    [InlineData("AB")]                                                      // bits that no byte uses
    [InlineData("AA AA")]
    [InlineData("AA=A")]
    public void Refuses_WhatIsNotUrlSafeBase64(string text)
    {
        AssertRefused("'hcl_report'", json => json["hcl_report"] = text);
        AssertRefused("'vcek'", json => json["vcek"] = text);
    }

    [Fact]
    public void Reads_SnpEvidence_WithoutVcek()
    {
        var json = JsonNode.Parse(new AzureVm().OnSnp().Write())!.AsObject();
        json.Remove("vcek");
        Assert.Null(Read(json).Vcek);

        json["vcek"] = null;
        Assert.Null(Read(json).Vcek);
    }

    [Fact]
    public void Refuses_TheOtherKind()
    {
        var snp = new AzureVm().OnSnp().Write();
        var tdx = new AzureVm().OnTdx().Write();

        Assert.False(AzureEvidence.TryRead(snp, Tee.Tdx, out _, out var error));
        Assert.Contains("'td_quote' is missing", error, StringComparison.Ordinal);
        Assert.False(AzureEvidence.TryRead(tdx, Tee.Snp, out _, out error));
        Assert.Contains("'vcek' is missing", error, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => AzureEvidence.TryRead(snp, Tee.Sgx, out _, out _));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{\"version\":1,\"version\":2}")]
    public void Refuses_WhatIsNotOneStrictObject(string json)
    {
        Assert.False(AzureEvidence.TryRead(Encoding.UTF8.GetBytes(json), Tee.Snp, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Refuses_EvidenceBeyondTheLimit()
    {
        Assert.False(AzureEvidence.TryRead(new byte[AzureEvidence.MaxJsonSize + 1], Tee.Snp, out _, out var error));
        Assert.Contains("larger than", error, StringComparison.Ordinal);
    }

    private static JsonObject Quote(JsonObject json) => json["tpm_quote"]!.AsObject();

    private static AzureEvidence Read(JsonNode json)
    {
        Assert.True(AzureEvidence.TryRead(Encoding.UTF8.GetBytes(json.ToJsonString()), Tee.Snp, out var evidence, out var error), error);
        return evidence;
    }

    private static JsonObject Changed(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(RealEvidence.AzureSnpEvidenceV2)!.AsObject();
        change(json);
        return json;
    }

    private static void AssertRefused(string why, Action<JsonObject> change)
    {
        Assert.False(AzureEvidence.TryRead(Encoding.UTF8.GetBytes(Changed(change).ToJsonString()), Tee.Snp, out _, out var error));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    // Padding of base64 aside, member by member and in any order.
    private static void AssertSame(JsonNode? expected, JsonNode? actual)
    {
        static string Text(JsonNode? node) => node!.ToJsonString().Replace("=", "", StringComparison.Ordinal);

        var names = expected!.AsObject().Select(m => m.Key).Order().ToArray();
        Assert.Equal(names, actual!.AsObject().Select(m => m.Key).Order());
        foreach (var name in names)
        {
            if (expected[name] is JsonObject)
            {
                AssertSame(expected[name], actual[name]);
            }
            else
            {
                Assert.Equal(Text(expected[name]), Text(actual[name]), ignoreCase: true);
            }
        }
    }
}
