using System.Text.Json;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Service.Peers;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Service;

/// <summary>Socket, peer, queue, back end, record: all of it at once, with real clocks and files.</summary>
public sealed class WholePathTests
{
    [Fact]
    public async Task AClientsSequence_GetsAQuote_AndLeavesARecordThatNamesItsAllocation()
    {
        using var directory = new TemporaryDirectory();
        var machine = SimulatedPlatform.Create(DateTimeOffset.UtcNow).Dcap;
        var auditPath = Path.Combine(directory.Path, "quotes.jsonl");
        var socketPath = Path.Combine(directory.Path, "sockets", "a1", "aesm.socket");
        await using var provider = new SimulatedQuoteProvider(machine);
        await using (var audit = QuoteAuditLog.Open(auditPath, new QuoteAuditLogOptions(), TimeProvider.System))
        await using (var service = new QuoteService(provider, new QuoteServiceOptions(), TimeProvider.System, audit))
        {
            var peers = new AllocationPeerResolver(
                Path.Combine(directory.Path, "sockets"), new Allocations(), new ControlGroupPeerResolver());
            await using var server = new AesmServer(service, new AesmServerOptions(), TimeProvider.System, peers);
            server.Listen(socketPath);

            var client = AesmClient.ForPath(socketPath, AesmClient.DefaultTimeout);
            var quote = await AesmClientSequences.QuoteAsGramineAsync(
                client, target => machine.Report(new SimulatedEnclave { MrEnclave = new byte[32] }, target.Span, new byte[64]),
                TestContext.Current.CancellationToken);
            Assert.Equal(service.Target!.QuoteSize, quote.Length);
        }

        using var record = JsonDocument.Parse(await File.ReadAllTextAsync(auditPath, TestContext.Current.CancellationToken));
        var peer = record.RootElement.GetProperty("peer");
        Assert.Equal("Success", record.RootElement.GetProperty("result").GetString());
        Assert.Equal(
            ("Allocation", "bank", "ledger-0", socketPath),
            (peer.GetProperty("identification").GetString(), peer.GetProperty("namespace").GetString(), peer.GetProperty("pod").GetString(),
                peer.GetProperty("socket").GetString()));
    }

    private sealed class Allocations : IAllocationDirectory
    {
        public AllocatedPod? Find(string allocationId) => allocationId == "a1" ? new AllocatedPod("bank", "ledger-0") : null;
    }
}
