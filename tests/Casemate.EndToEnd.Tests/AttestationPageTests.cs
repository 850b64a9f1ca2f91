namespace Casemate.EndToEnd.Tests;

/// <summary>Every worked example of docs/attestation.md, run as it is written there.</summary>
public sealed class AttestationPageTests(SharedState state)
{
    [Fact]
    public async Task WorkedExamples_EndAsThePageSays()
    {
        using var page = await PageCommands.ReadAsync("docs/attestation.md");
        string[] outOfDate = ["TcbStatus: expected UpToDate, found OutOfDate, TCB date 2025-05-14T00:00:00Z"];
        (int ExitCode, string[] Output, string[] Absent)[] expected =
        [
            (0, ["verdict: ACCEPTED"], ["warning"]),
            (1, [.. outOfDate, "rejected for one reason", "INTEL-SA-01397"], ["Expired"]),
            (0, ["verdict: ACCEPTED", "warning    TcbStatus", "OutOfDate tolerated by the policy from"], []),
            (1, ["EvaluationNumber: expected at least 18, found 17", "rejected for one reason"], []),
            (1, ["rejected for 4 reasons", "PckCrlFreshness", "TcbInfoFreshness", "QeIdentityFreshness", "TcbStatus"], []),
            (0, ["verdict: ACCEPTED", "at most 30 days past its end", "OutOfDate tolerated by the policy for"], ["FAILED"]),
            (1, [.. outOfDate, "rejected for one reason", "at most 30 days past its end"], []),
            (1, ["Advisories: expected no advisory that the policy refuses, found INTEL-SA-00615", "rejected for one reason"], []),
            (1, ["\"verdict\": \"rejected\"", "reported TCB bl 4, tee 0, snp 23", "\"snp\": 24"], []),
            (0, ["verdict: ACCEPTED", "PCR11 all zero", "extraData 6368616c6c656e6765"], ["FAILED"]),
            (1, ["VtpmNonce: expected extraData 00", "rejected for one reason"], []),
            (0, ["verdict: ACCEPTED", "driver 550.90.07", "measurement 2"], ["FAILED"]),
            (0, ["verdict: ACCEPTED", "feed 'ContainerPlat-AMD-UVM'"], ["FAILED"]),
            (1, ["EndorsementChainValidity", "rejected for one reason"], []),
        ];
        Assert.Equal(expected.Length, page.Commands.Length);
        foreach (var (command, (exitCode, output, absent)) in page.Commands.Zip(expected))
        {
            Assert.StartsWith("casemate verify ", command, StringComparison.Ordinal);

            var done = await page.RunAsync($"./{command}", state.Environment);

            Assert.True(done.ExitCode == exitCode, $"{command}: exit code {done.ExitCode}\n{done.Output}\n{done.Error}");
            Assert.All(output, text => Assert.Contains(text, done.Output, StringComparison.Ordinal));
            Assert.All(absent, text => Assert.DoesNotContain(text, done.Output, StringComparison.Ordinal));
        }
    }
}
