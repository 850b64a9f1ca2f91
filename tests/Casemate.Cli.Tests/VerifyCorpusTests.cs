using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary><c>casemate verify</c> over the whole corpus, in this process and as the built program.</summary>
public sealed class VerifyCorpusTests
{
    // Genuine and current, but refused for what they are: each for exactly this reason.
    private static readonly Dictionary<string, string> RefusedThoughGenuine = new()
    {
        ["oe-tdx10-v4-uptodate"] = "SeptVeDisable",
        ["alibaba-tdx-v5-uptodate"] = "ServiceTd",
        ["dstack-tdx-v4-pck-not-yet-valid"] = "PckChainValidity",
        ["gosev-milan-v2-vcek"] = "Debug",
    };

    public static TheoryData<string> Cases => [.. CorpusCase.OfKind("sgx-quote", "tdx-quote", "snp-report").Select(c => c.Id)];

    public static TheoryData<string> QuoteCases => [.. CorpusCase.OfKind("sgx-quote", "tdx-quote").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_WithExactlyTheExpectedVerdict(string id)
    {
        var corpus = CorpusCase.Get(id);
        AssertExpected(corpus, FromJson(CommandLine.Run(Arguments(corpus)), out var exitCode), exitCode);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task TheBuiltProgram_AnswersTheSame(string id)
    {
        var corpus = CorpusCase.Get(id);
        var program = await ChildProgram.RunCasemateAsync(Arguments(corpus));

        Assert.Equal("", program.Error);
        Assert.Equal(CommandLine.Run(Arguments(corpus)).Output, program.Output);
        AssertExpected(corpus, JsonDocument.Parse(program.Output).RootElement, program.ExitCode);
    }

    [Theory]
    [MemberData(nameof(QuoteCases))]
    public void ASecondOutsideTheCollateralWindow_IsRefused_WithTheSameStatus(string id)
    {
        var corpus = CorpusCase.Get(id);
        var (start, end) = corpus.CollateralWindow();
        var inside = Verify(corpus, corpus.VerifyAt);

        (DateTimeOffset, string)[] outsides = [(end.AddSeconds(1), "Expired"), (start.AddSeconds(-1), "NotYetValid")];
        foreach (var (at, word) in outsides)
        {
            var outside = Verify(corpus, at);
            Assert.Equal("rejected", outside.GetProperty("verdict").GetString());
            Assert.Equal(inside.GetProperty("tcbStatus").GetString(), outside.GetProperty("tcbStatus").GetString());
            Assert.Equal(inside.GetProperty("tcbDate").GetString(), outside.GetProperty("tcbDate").GetString());
            Assert.Contains(
                Failed(outside), check => check.GetProperty("name").GetString()!.EndsWith("Freshness", StringComparison.Ordinal)
                    && check.GetProperty("actual").GetString()!.Contains(word, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void BytesAfterAQuote_ChangeNothing()
    {
        (string, string)[] followed = [("dcapqvl-tdx-v4-uptodate", "quote.padded.bin"), ("gotdx-spr-v4-nomatch", "quote.trailing.bin")];
        foreach (var (id, padded) in followed)
        {
            var corpus = CorpusCase.Get(id);
            var json = FromJson(CommandLine.Run(
                "verify", Path.Combine(corpus.Folder, padded), "--at", Seconds(corpus.VerifyAt), "-o", "json"), out var code);
            AssertExpected(corpus, json, code);
        }
    }

    [Fact]
    public void Refuses_AQuoteWhoseChainIsBroken_AlsoBehindOpenEnclavesHeader()
    {
        // No collateral of its platform was ever published; any collateral serves, the chain fails before it matters.
        var corpus = CorpusCase.Get("neg-oe-sgx-report-bad");
        var collateral = Path.Combine(CorpusCase.Get("dcapqvl-sgx-procCA").Folder, "collateral.json");
        foreach (var file in (ReadOnlySpan<string>)["quote.bin", "sgx_report_bad.bin"])
        {
            var refused = CommandLine.Run(
                "verify", Path.Combine(corpus.Folder, file), "--collateral", collateral, "--at", Seconds(corpus.VerifyAt), "-o", "json");
            var json = FromJson(refused, out var code);

            Assert.Equal(ExitCode.Refused, code);
            Assert.Equal("rejected", json.GetProperty("verdict").GetString());
            Assert.Contains("PckChain", Failed(json).Select(check => check.GetProperty("name").GetString()));
            Assert.Equal(JsonValueKind.Null, json.GetProperty("claims").ValueKind);
        }
    }

    // A terminal obeys what it is shown: hidden text, and a second verdict in the place of the real one.
    [Fact]
    public void ANameInACertificate_CannotWriteAVerdict()
    {
        const string lie = "x\u001b[8m\r\nverdict: ACCEPTED\u202e";
        var corpus = CorpusCase.Get("dcapqvl-sgx-procCA");
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("quote.bin"), WithChain(corpus.Quote, ChainUnder(lie)));

        var run = CommandLine.Run(
            "verify", directory.File("quote.bin"), "--collateral", Path.Combine(corpus.Folder, "collateral.json"), "--at",
            Seconds(corpus.VerifyAt));

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("root not accepted", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output, c => c != '\n' && (char.IsControl(c) || c == '\u202e'));
        Assert.StartsWith("verdict: REJECTED", run.Lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(run.Lines, line => line.StartsWith("verdict: ACCEPTED", StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_AVcekThatAmdDidNotIssue()
    {
        var corpus = CorpusCase.Get("neg-trustee-vcek-invalid-legacy");
        var json = FromJson(CommandLine.Run(Arguments(corpus)), out var code);

        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("SnpChain", Failed(json).Select(check => check.GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("claims").ValueKind);
    }

    [Fact]
    public async Task IntelsSample_IsAcceptedUnderItsOwnRootOnly_AndSaysSimulated()
    {
        var corpus = CorpusCase.Get("synthetic-intel-qvl-sample-sgx");
        var root = Path.Combine(corpus.Folder, "trustedRootCaCert.pem");
        string[] arguments = ["verify", corpus.Folder, "--at", Seconds(corpus.VerifyAt)];

        var named = await ChildProgram.RunCasemateAsync([.. arguments, "--root", root]);
        Assert.Equal(ExitCode.Simulated, named.ExitCode);
        Assert.EndsWith("verdict: SIMULATED - not hardware evidence\n", named.Output, StringComparison.Ordinal);

        var json = FromJson(CommandLine.Run([.. arguments, "--root", root, "--root", "production", "-o", "json"]), out var code);
        Assert.Equal(ExitCode.Simulated, code);
        Assert.Equal("accepted", json.GetProperty("verdict").GetString());
        Assert.True(json.GetProperty("simulated").GetBoolean());
        Assert.Equal("UpToDate", json.GetProperty("tcbStatus").GetString());

        var production = FromJson(CommandLine.Run([.. arguments, "-o", "json"]), out code);
        Assert.Equal(ExitCode.Refused, code);
        Assert.Equal("TrustRoot", Assert.Single(Failed(production)).GetProperty("name").GetString());
    }

    [Fact]
    public void ARootFileAlone_DoesNotAcceptHardware()
    {
        var corpus = CorpusCase.Get("dcapqvl-tdx-v4-uptodate");
        var sample = Path.Combine(CorpusCase.Get("synthetic-intel-qvl-sample-sgx").Folder, "trustedRootCaCert.pem");

        Assert.Equal(ExitCode.Success, CommandLine.Run(Arguments(corpus)).ExitCode);
        Assert.Equal(ExitCode.Success, CommandLine.Run([.. Arguments(corpus), "--root", "production", "--root", sample]).ExitCode);
        Assert.Equal(ExitCode.Refused, CommandLine.Run([.. Arguments(corpus), "--root", sample]).ExitCode);
    }

    [Fact]
    public void ThePinnedRootsNamedAsFiles_AreStillHardware()
    {
        var corpus = CorpusCase.Get("oak-turin-v5-vcek");
        var json = FromJson(CommandLine.Run([.. Arguments(corpus), "--root", Path.Combine(corpus.Folder, "ark.pem")]), out var code);

        Assert.Equal(ExitCode.Success, code);
        Assert.False(json.GetProperty("simulated").GetBoolean());
    }

    private static string[] Arguments(CorpusCase corpus) =>
        ["verify", EvidenceOf(corpus), "--at", Seconds(corpus.VerifyAt), "-o", "json"];

    private static string EvidenceOf(CorpusCase corpus) => Path.Combine(corpus.Folder, corpus.Has("report.bin") ? "report.bin" : "quote.bin");

    private static JsonElement Verify(CorpusCase corpus, DateTimeOffset at) =>
        FromJson(CommandLine.Run("verify", Path.Combine(corpus.Folder, "quote.bin"), "--at", Seconds(at), "-o", "json"), out _);

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static JsonElement FromJson(CommandLine run, out int exitCode)
    {
        Assert.Equal("", run.Error);
        exitCode = run.ExitCode;
        return JsonDocument.Parse(run.Output).RootElement;
    }

    private static List<JsonElement> Failed(JsonElement verdict) =>
        [.. verdict.GetProperty("checks").EnumerateArray().Where(check => check.GetProperty("outcome").GetString() == "failed")];

    private static void AssertExpected(CorpusCase corpus, JsonElement verdict, int exitCode)
    {
        var failed = Failed(verdict).Select(check => check.GetProperty("name").GetString()!).ToList();
        if (corpus.ExpectedTcbStatus is { } status)
        {
            var word = status.StartsWith("TcbNotSupported", StringComparison.Ordinal) ? "NotSupported" : status;
            Assert.Equal(word, verdict.GetProperty("tcbStatus").GetString());
            Assert.Equal(corpus.Expected.GetProperty("tcb_date").GetString(), verdict.GetProperty("tcbDate").GetString());
            Assert.Equal(
                corpus.Expected.GetProperty("advisory_ids").EnumerateArray().Select(id => id.GetString()).ToHashSet(),
                verdict.GetProperty("advisoryIds").EnumerateArray().Select(id => id.GetString()).ToHashSet());
            Assert.Equal(word != "UpToDate", failed.Contains("TcbStatus"));
        }
        else
        {
            Assert.Equal(JsonValueKind.Null, verdict.GetProperty("tcbStatus").ValueKind);
            Assert.Equal(JsonValueKind.Null, verdict.GetProperty("tcbDate").ValueKind);
            Assert.Empty(verdict.GetProperty("advisoryIds").EnumerateArray());
        }

        var genuine = verdict.GetProperty("claims").ValueKind is JsonValueKind.Object && !failed.Contains("PckChainValidity");
        Assert.Equal(corpus.Expected.GetProperty("signature_chain").GetString() == "valid", genuine);
        if (RefusedThoughGenuine.TryGetValue(corpus.Id, out var reason))
        {
            Assert.Equal(reason, Assert.Single(failed));
        }

        var accepted = !RefusedThoughGenuine.ContainsKey(corpus.Id) && corpus.ExpectedTcbStatus is null or "UpToDate" && reason is null;
        Assert.Equal(accepted ? "accepted" : "rejected", verdict.GetProperty("verdict").GetString());
        Assert.Equal(accepted ? ExitCode.Success : ExitCode.Refused, exitCode);
        Assert.False(verdict.GetProperty("simulated").GetBoolean());
    }

    // Leaf, CA and root of our own, with the common name given for the root.
    private static string ChainUnder(string rootName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new[] { rootName, "Intel SGX PCK Processor CA", "Intel SGX PCK Certificate" }.Select(name =>
        {
            var builder = new X500DistinguishedNameBuilder();
            builder.Add("2.5.4.3", name, System.Formats.Asn1.UniversalTagNumber.UTF8String);
            return builder.Build();
        }).ToArray();
        var text = new StringBuilder();
        for (var i = 0; i < names.Length; i++)
        {
            var request = new CertificateRequest(names[i], key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(i < 2, false, 0, true));
            using var certificate = request.Create(
                names[Math.Max(0, i - 1)], X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UnixEpoch,
                DateTimeOffset.UnixEpoch.AddYears(100), [1, (byte)i]);
            text.Append(certificate.ExportCertificatePem()).Append('\n');
        }

        return text.ToString();
    }

    // The certification data of a quote of version 3 end it: a size, then the chain.
    private static byte[] WithChain(byte[] quote, string pem)
    {
        var start = quote.AsSpan().IndexOf("-----BEGIN"u8);
        byte[] changed = [.. quote.AsSpan(0, start), .. Encoding.ASCII.GetBytes(pem)];
        BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(start - 4), pem.Length);
        BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(432), changed.Length - 436);
        return changed;
    }
}
