using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>A client that shares no code with ours gets quotes that the verifier accepts.</summary>
public sealed class IndependentClientTests
{
    [Theory]
    [InlineData("open-enclave", false, false)]
    [InlineData("open-enclave", true, false)]
    [InlineData("open-enclave", false, true)]
    [InlineData("gramine", false, false)]
    [InlineData("gramine", true, false)]
    public async Task Gets_AQuoteThatTheVerifierAccepts(string sequence, bool byAbstractName, bool byOneConnection)
    {
        await using var server = new TestServer();
        var name = "casemate-test-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        server.Server.ListenAbstract(name);

        var (answer, quote) = await RunAsync(
            server, sequence, byAbstractName ? ["--abstract", name] : ["--socket", server.Path], byOneConnection ? ["--one-connection"] : []);

        Assert.Equal("all checks passed", answer.Output.TrimEnd().Split('\n')[^1]);
        Assert.Equal(0, answer.ExitCode);
        var verdict = QuoteVerifier.Verify(
            quote, TestServer.Machine.Collateral(Tee.Sgx, TestServer.Noon), TestServer.Platform.Allow(TrustRoots.None), TestServer.Noon,
            EvidencePolicy.Default with
            {
                ReportData = TestServer.ReportData,
                Sgx = new SgxPolicy { MrEnclaves = [TestServer.Enclave.MrEnclave] },
            });
        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.True(verdict.Simulated);
        Assert.Equal(sequence == "gramine" ? null : TimeSpan.FromSeconds(15), Assert.Single(server.Service.Asked).Timeout);
    }

    [Fact]
    public async Task Gets_Error47_ForAReportWithAWrongMac()
    {
        await using var server = new TestServer();
        var (answer, _) = await RunAsync(server, "wrong-mac", ["--socket", server.Path], []);

        Assert.Equal("all checks passed", answer.Output.TrimEnd().Split('\n')[^1]);
        Assert.Contains("answered GetQuoteEx: InvalidReport", server.Events.Lines);
    }

    [Fact]
    public async Task Gramine_BeginsAnew_WhenTheKeyIsLost()
    {
        await using var server = new TestServer();
        var lost = false;
        server.Service.BeforeQuote = _ => lost ? Task.CompletedTask : throw LoseKey();
        var (answer, _) = await RunAsync(server, "gramine", ["--socket", server.Path], []);

        Assert.Equal(0, answer.ExitCode);
        Assert.Equal(2, server.Events.Lines.Count(line => line == "answered InitQuoteEx: Success"));

        QuoteProviderException LoseKey()
        {
            lost = true;
            return new QuoteProviderException(AesmError.AttestationKeyNotInitialised, "lost");
        }
    }

    private static async Task<(ChildProgram Answer, byte[] Quote)> RunAsync(
        TestServer server, string sequence, string[] address, string[] more)
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/python3"), "'python3' is not installed (Debian: apt-get install python3)");
        await File.WriteAllBytesAsync(server.File("report"), TestServer.Report);
        await File.WriteAllBytesAsync(server.File("target-info"), TestServer.Machine.QuotingEnclave.TargetInfo.ToArray());
        var script = Path.Combine(RepositoryPaths.Root, "tests", "independent", "aesm_client.py");
        var answer = await ChildProgram.RunAsync(
            "python3",
            [
                "-B", script, sequence, .. address, .. more, "--report", server.File("report"),
                "--target-info", server.File("target-info"), "--out", server.File("quote"),
            ]);
        return (answer, File.Exists(server.File("quote")) ? await File.ReadAllBytesAsync(server.File("quote")) : []);
    }
}
