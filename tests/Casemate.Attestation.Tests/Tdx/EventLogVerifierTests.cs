using System.Buffers;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Tdx;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Tdx;

/// <summary>An event log held against the quote of the TD that it speaks of.</summary>
public sealed class EventLogVerifierTests
{
    private static readonly EvidencePolicy s_policy =
        new() { AcceptUnboundEvidence = true, Tdx = new TdxPolicy { MrTds = [Simulated.Td.MrTd] } };
    private static readonly byte[] s_log = EventLogWriter.Ovmf().ToArray();
    private static readonly byte[] s_kernel = RealEvidence.OvmfEvents.Single(e => e.Type == CcEvent.EfiBootServicesApplication).Digest;

    [Fact]
    public void Accepts_LogThatExplainsTheRegisters()
    {
        var verdict = Judge(s_log);

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        var replay = Assert.IsType<EventLogReplay>(verdict.EventLog);
        Assert.Equal([0, 1, 2, 3], replay.Matched);
        Assert.Empty(replay.Mismatched);
        Assert.Equal([14, 4, 2, 0], replay.Rtmrs.Select(r => r.Events));
    }

    [Fact]
    public void Refuses_LogWithoutOneEvent_AndNamesTheRegister()
    {
        var writer = new EventLogWriter();
        foreach (var (register, type, digest, data) in RealEvidence.OvmfEvents.Where(e => e.Type != CcEvent.EfiBootServicesApplication))
        {
            writer.Add(register, type, digest, data);
        }

        var verdict = Judge(writer.ToArray());

        var reason = Assert.Single(verdict.Reasons);
        Assert.Equal(CheckId.EventLogReplay, reason.Id);
        Assert.StartsWith("RTMR1 775b9f6b", reason.Expected, StringComparison.Ordinal);
        Assert.Equal([1], verdict.EventLog!.Mismatched);
    }

    [Fact]
    public void Warns_OfRegistersThatThePolicyDoesNotAskFor()
    {
        var td = Simulated.Td with { Rtmrs = [.. Registers().Take(3), Simulated.Bytes(48, 1)] };

        var verdict = Judge(s_log, td: td);

        Assert.True(verdict.Accepted);
        Assert.Single(verdict.Checks, c => c.Id is CheckId.EventLogReplay && c.Outcome is CheckOutcome.Warned);
        Assert.Equal([3], verdict.EventLog!.Mismatched);
        AssertRefused(CheckId.EventLogReplay, Judge(s_log, new EventLogPolicy { Rtmrs = [0, 1, 2, 3] }, td));
    }

    [Fact]
    public void Refuses_MalformedLog() => AssertRefused(CheckId.EventLogFormat, Judge(s_log[..^1]));

    [Fact]
    public void Refuses_LogBesideAQuoteThatIsNotGenuine()
    {
        var quote = Quote();
        quote[200] ^= 1;

        var verdict = Verify(quote, s_log, s_policy);

        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.EventLogReplay);
        Assert.Null(verdict.EventLog);
    }

    [Fact]
    public void Refuses_LogBesideAnEnclavesQuote()
    {
        var verdict = EventLogVerifier.Verify(
            Simulated.Dcap.QuoteSgx(new Simulator.SimulatedEnclave { MrEnclave = new byte[32] }, new byte[64]), s_log,
            Simulated.Dcap.Collateral(Tee.Sgx, Simulated.Noon), Simulated.Roots, Simulated.Noon, EvidencePolicy.EvidenceOnly);

        AssertRefused(CheckId.EventLogReplay, verdict);
    }

    [Fact]
    public void Refuses_QuoteWithoutItsLog_WhenThePolicyHasRulesForOne()
    {
        var policy = s_policy with { Tdx = s_policy.Tdx with { EventLog = new EventLogPolicy() } };

        var verdict = QuoteVerifier.Verify(
            Quote(), Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon), Simulated.Roots, Simulated.Noon, policy);

        AssertRefused(CheckId.EventLogFormat, verdict);
        Assert.True(Verify(Quote(), s_log, policy).Accepted);
    }

    [Fact]
    public void Accepts_KernelThatThePolicyNames_BesideTheFirmwaresFixedRemarks()
    {
        var rule = new EventRule(1, [new byte[48], s_kernel]);

        Assert.True(Judge(s_log, new EventLogPolicy { Events = [rule] }).Accepted);
    }

    [Theory]
    [InlineData(1, "event 12 has a2ccae1e")]
    [InlineData(2, "event 17 has 4230f848")]
    [InlineData(3, "no event but the firmware's fixed remarks")]
    public void Refuses_RegistersWithoutTheEventsThatThePolicyNames(int rtmr, string why)
    {
        var verdict = Judge(s_log, new EventLogPolicy { Events = [new EventRule(rtmr, [new byte[48]])] });

        AssertRefused(CheckId.EventLogEvents, verdict);
        Assert.Contains(why, verdict.Reasons.Single().Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_SecondKernel_BesideTheNamedOne()
    {
        // As a remark of the firmware, which nobody would look at: the type is not measured.
        var writer = EventLogWriter.Ovmf().Add(2, 0x80000007, Simulated.Bytes(48, 9), "Exit Boot Services Invocation"u8.ToArray());
        Assert.True(CcEventLog.TryRead(writer.ToArray(), out var log, out _));
        var policy = new EventLogPolicy { Events = [new EventRule(1, [s_kernel])] };

        AssertRefused(CheckId.EventLogEvents, Judge(writer.ToArray(), policy, Simulated.Td with { Rtmrs = log.Replay() }));
    }

    [Fact]
    public void Wants_RegistersOfRulesExplained_EvenWhereTheListOfRegistersDoesNot()
    {
        var policy = new EventLogPolicy { Rtmrs = [], Events = [new EventRule(1, [s_kernel])] };
        var td = Simulated.Td with { Rtmrs = [.. Registers().Select((r, i) => i == 1 ? Simulated.Bytes(48, 1) : r)] };

        AssertRefused(CheckId.EventLogReplay, Judge(s_log, policy, td));
    }

    [Fact]
    public void Warns_OfChangedData_AndRefusesThemWhenThePolicySaysSo()
    {
        // The digests stay, so that the registers agree; only the text lies.
        var writer = new EventLogWriter();
        foreach (var (register, type, digest, data) in RealEvidence.OvmfEvents)
        {
            writer.Add(register, type, digest, type == 0x80000007 ? "Nothing to see here"u8.ToArray() : data);
        }

        var verdict = Judge(writer.ToArray());

        Assert.True(verdict.Accepted);
        var warning = Assert.Single(verdict.Checks, c => c.Id is CheckId.EventLogData);
        Assert.Equal(CheckOutcome.Warned, warning.Outcome);
        Assert.Equal("the data of 3 events are not, the first is event 15: do not believe their texts", warning.Actual);
        AssertRefused(CheckId.EventLogData, Judge(writer.ToArray(), new EventLogPolicy { RejectContradictedData = true }));
    }

    [Fact]
    public void Writes_TheLog_AsJson()
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            VerdictJson.Write(json, Judge(s_log), new VerdictJsonOptions { At = Simulated.Noon });
        }

        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.Contains("\"eventLog\":{\"rtmrs\":[{\"index\":0,\"matches\":true,\"replayed\":\"8566f998", text, StringComparison.Ordinal);
        Assert.Contains(
            "{\"number\":8,\"rtmr\":0,\"type\":\"EV_SEPARATOR\",\"digest\":\"394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e57", text,
            StringComparison.Ordinal);
        Assert.Contains(
            "9f5818b4b971c9effc60e1ad9f1289f0\",\"data\":\"verified\",\"text\":\"the end of a phase: no error\"}", text,
            StringComparison.Ordinal);
    }

    private static byte[][] Registers()
    {
        Assert.True(CcEventLog.TryRead(s_log, out var log, out _));
        return [.. log.Replay()];
    }

    private static byte[] Quote(Simulator.SimulatedTd? td = null) =>
        Simulated.Dcap.QuoteTdx(td ?? Simulated.Td with { Rtmrs = [.. Registers()] }, new byte[64]);

    private static Verdict Verify(byte[] quote, byte[] log, EvidencePolicy policy) => EventLogVerifier.Verify(
        quote, log, Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon), Simulated.Roots, Simulated.Noon, policy);

    private static Verdict Judge(byte[] log, EventLogPolicy? policy = null, Simulator.SimulatedTd? td = null) =>
        Verify(Quote(td), log, s_policy with { Tdx = s_policy.Tdx with { EventLog = policy } });

    private static void AssertRefused(CheckId reason, Verdict verdict)
    {
        Assert.False(verdict.Accepted);
        Assert.Equal([reason], verdict.Reasons.Select(c => c.Id));
    }
}
