using System.Text;
using System.Text.Json;
using Casemate.Attestation.Dcap;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>TCB info and QE identity documents: what is a document, and what is refused with the place named.</summary>
public sealed class CollateralFormatTests
{
    public static TheoryData<string> Documents => [.. CorpusCase.OfKind("tcb-info-json", "qe-identity-json").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void ParsesOrRefuses_AsTheCorpusSays(string id)
    {
        var item = CorpusCase.Get(id);
        var isTcbInfo = item.Kind == "tcb-info-json";
        var expected = item.Expected.GetProperty("verdict").GetString()!.StartsWith("parse ok", StringComparison.Ordinal);

        Assert.Equal(expected, TrySplit(item.File(Path.GetFileName(id)), isTcbInfo ? "tcbInfo" : "enclaveIdentity", out var body)
            && (isTcbInfo ? TcbInfo.TryParse(body, out _, out _) : EnclaveIdentity.TryParse(body, out _, out _)));
    }

    // The document's envelope (body and 64-byte signature) is part of the format; splitting it is the file reader's business.
    private static bool TrySplit(byte[] file, string member, out byte[] body)
    {
        body = [];
        try
        {
            using var document = JsonDocument.Parse(file);
            var root = document.RootElement;
            body = root.TryGetProperty(member, out var json) ? Encoding.UTF8.GetBytes(json.GetRawText()) : [];
            return body.Length > 0 && root.TryGetProperty("signature", out var signature) && signature.ValueKind is JsonValueKind.String
                && signature.GetString()!.Length == 128;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [Theory]
    [InlineData("\"tcbType\":0", "\"tcbType\":1", "tcbType is not 0")]
    [InlineData("\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0", "duplicate members")]
    [InlineData("\"version\":3", "\"version\":4", "UnsupportedCollateralVersion: TCB info version 4")]
    [InlineData("\"version\":3", "\"version\":3.5", "version is not a whole number")]
    [InlineData("\"id\":\"SGX\"", "\"id\":\"TPM\"", "id is 'TPM', not SGX or TDX")]
    [InlineData("\"tcbStatus\":\"SWHardeningNeeded\"", "\"tcbStatus\":\"Splendid\"", "UnrecognizedTcbStatus: tcbLevels[")]
    [InlineData("\"tcbStatus\":\"SWHardeningNeeded\"", "\"tcbStatus\":\"TDRelaunchAdvised\"", "UnrecognizedTcbStatus: tcbLevels[")]
    [InlineData("\"pcesvn\":13", "\"pcesvn\":65536", "tcb.pcesvn is not a whole number from 0 to 65535")]
    [InlineData("\"pcesvn\":13", "\"pcesvn\":-1", "tcb.pcesvn is not a whole number from 0 to 65535")]
    [InlineData("\"issueDate\":\"2025-", "\"issueDate\":\"2025-13-", "issueDate is not a time")]
    [InlineData("\"fmspc\":\"00606a000000\"", "\"fmspc\":\"00606a00000\"", "fmspc is not 12 hex digits")]
    [InlineData("\"fmspc\":\"00606a000000\"", "\"fmspc\":\"00606a00000g\"", "fmspc is not 12 hex digits")]
    [InlineData("\"pceId\":\"0000\",", "", "pceId is missing")]
    [InlineData("\"tcbType\":0", "\"tcbType\":0,\"tdxModule\":{}", "tdxModule stands in a TCB info for SGX")]
    public void NamesTheMemberAtFault(string from, string to, string error)
    {
        var body = Encoding.UTF8.GetString(CorpusCase.Get("automata-sgx-platCA-swhardening").DcapCollateral().TcbInfo.Body.Span);
        Assert.Contains(from, body, StringComparison.Ordinal);
        var at = body.IndexOf(from, StringComparison.Ordinal);

        Assert.False(TcbInfo.TryParse(Encoding.UTF8.GetBytes(body[..at] + to + body[(at + from.Length)..]), out _, out var actual));

        Assert.Contains(error, actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_DeepNesting_AndHugeDocuments()
    {
        Assert.False(TcbInfo.TryParse(Encoding.UTF8.GetBytes(new string('[', 100_000)), out _, out var deep));
        Assert.StartsWith("not JSON", deep, StringComparison.Ordinal);
        Assert.False(TcbInfo.TryParse(new byte[(1024 * 1024) + 1], out _, out var huge));
        Assert.Contains("larger than", huge, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_TheSameLevelTwice()
    {
        var body = Encoding.UTF8.GetString(CorpusCase.Get("automata-sgx-platCA-swhardening").DcapCollateral().TcbInfo.Body.Span);
        using var document = JsonDocument.Parse(body);
        var level = document.RootElement.GetProperty("tcbLevels")[0].GetRawText();

        Assert.False(TcbInfo.TryParse(Encoding.UTF8.GetBytes(body.Replace(level, $"{level},{level}", StringComparison.Ordinal)), out _, out var error));

        Assert.Equal("tcbLevels has two levels with the same SVNs", error);
    }

    [Fact]
    public void OrderOfLevels_DoesNotMatter()
    {
        var body = Encoding.UTF8.GetString(CorpusCase.Get("automata-sgx-platCA-swhardening").DcapCollateral().TcbInfo.Body.Span);
        using var document = JsonDocument.Parse(body);
        var levels = document.RootElement.GetProperty("tcbLevels").EnumerateArray().Select(l => l.GetRawText()).ToArray();
        var array = document.RootElement.GetProperty("tcbLevels").GetRawText();
        var reversed = body.Replace(array, $"[{string.Join(',', levels.Reverse())}]", StringComparison.Ordinal);

        Assert.True(TcbInfo.TryParse(Encoding.UTF8.GetBytes(body), out var original, out _));
        Assert.True(TcbInfo.TryParse(Encoding.UTF8.GetBytes(reversed), out var sorted, out _));

        Assert.Equal(original!.Levels.Select(l => l.Date), sorted!.Levels.Select(l => l.Date));
        Assert.Equal(original.Levels.Select(l => l.SgxComponents), sorted.Levels.Select(l => l.SgxComponents));
    }
}
