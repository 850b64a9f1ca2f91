using Casemate.Testing;
using static Casemate.Serve.Tests.Pccs.PccsFixture;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>A client that shares no code with ours asks as Intel's library does.</summary>
public sealed class QcnlClientTests
{
    [Fact]
    public async Task GetsEverythingThatQuotingAndVerifyingNeed()
    {
        await using var pccs = await StartAsync(change: options => options with { PlainHttp = false });

        var client = await ChildProgram.RunAsync(
            "python3",
            [
                "-B", Path.Combine(RepositoryPaths.Root, "tests", "independent", "qcnl_client.py"), new Uri(pccs.Address, Sgx).ToString(),
                pccs.Server.OwnCertificatePath!, Machine.QeId, Machine.EncryptedPpid, Machine.CpuSvn, Machine.PceSvn, Machine.PceId,
            ]);

        Assert.True(client.ExitCode == 0, client.Output + client.Error);
        Assert.DoesNotContain("FAIL", client.Output, StringComparison.Ordinal);
        Assert.True(client.Output.Split('\n').Length > 40, client.Output);
    }
}
