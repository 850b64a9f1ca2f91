using System.Globalization;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Tdx;
using Casemate.Attestation.Tests;
using Casemate.Collateral;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary><c>casemate verify</c> replays the event log that comes with a TDX quote, or is named.</summary>
public sealed class VerifyEventLogTests
{
    private static readonly byte[] Log = EventLogWriter.Ovmf().ToArray();

    [Fact]
    public void Accepts_TheLogThatExplainsTheRegisters_InsideOrNamed()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, Log);
        var inside = Verify(directory, "with-log.json", ExitCode.Simulated);
        var named = Verify(directory, "bare.json", ExitCode.Simulated, "--event-log", directory.File("ccel"));

        Assert.Equal(RealEvidence.OvmfEvents.Count(), inside.GetProperty("eventLog").GetProperty("events").GetArrayLength());
        Assert.Equal(inside.GetProperty("eventLog").GetRawText(), named.GetProperty("eventLog").GetRawText());
        Assert.False(Verify(directory, "bare.json", ExitCode.Simulated).TryGetProperty("eventLog", out _));
    }

    [Fact]
    public void Refuses_ALog_ThatDoesNotReplay()
    {
        using var directory = new TemporaryDirectory();
        var writer = new EventLogWriter();
        foreach (var (register, type, digest, data) in RealEvidence.OvmfEvents.Skip(1))
        {
            writer.Add(register, type, digest, data);
        }

        Write(directory, writer.ToArray());
        var verdict = Verify(directory, "with-log.json", ExitCode.Refused);

        Assert.Equal(
            ["EventLogReplay"],
            verdict.GetProperty("checks").EnumerateArray().Where(c => c.GetProperty("outcome").GetString() == "failed")
                .Select(c => c.GetProperty("name").GetString()));
    }

    [Fact]
    public void NoTruncation_OfALog_IsAccepted()
    {
        using var directory = new TemporaryDirectory();
        for (var length = 1; length < Log.Length; length += Log.Length / 25)
        {
            Write(directory, Log[..length]);
            Verify(directory, "with-log.json", ExitCode.Refused);
            var named = CommandLine.Run([.. Arguments(directory, "bare.json"), "--event-log", directory.File("ccel")]);
            Assert.True(named.ExitCode is ExitCode.Refused or ExitCode.BadInput, $"{length}: {named.ExitCode}");
        }
    }

    [Fact]
    public void ALogBelongs_ToOneTdxQuote()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, Log);
        var sgx = CorpusCase.Get("dcapqvl-sgx-procCA");

        Assert.Equal(ExitCode.Usage, CommandLine.Run("verify", sgx.Folder, "--event-log", directory.File("ccel")).ExitCode);
        Assert.Equal(
            ExitCode.Usage,
            CommandLine.Run([.. Arguments(directory, "with-log.json"), "--event-log", directory.File("ccel")]).ExitCode);
        Assert.Equal(
            ExitCode.Usage,
            CommandLine.Run([.. Arguments(directory, "bare.json"), directory.File("bare.json"), "--event-log", directory.File("ccel")])
                .ExitCode);
    }

    private static void Write(TemporaryDirectory directory, byte[] log)
    {
        Assert.True(CcEventLog.TryRead(Log, out var read, out _));
        var bundle = new EvidenceBundle
        {
            Tee = Tee.Tdx,
            Evidence = Simulated.Dcap.QuoteTdx(Simulated.Td with { Rtmrs = read.Replay() }, new byte[64]),
            Made = Simulated.Noon,
            DcapCollateral = Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon),
        };
        File.WriteAllBytes(directory.File("bare.json"), bundle.Write());
        File.WriteAllBytes(directory.File("with-log.json"), (bundle with { EventLog = log }).Write());
        File.WriteAllBytes(directory.File("ccel"), log);
        File.WriteAllBytes(directory.File("root.der"), Simulated.Dcap.RootCaDer);
    }

    private static string[] Arguments(TemporaryDirectory directory, string file) =>
    [
        "verify", directory.File(file), "--root", directory.File("root.der"), "-o", "json", "--at",
        Simulated.Noon.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
    ];

    private static JsonElement Verify(TemporaryDirectory directory, string file, int expected, params string[] more)
    {
        var run = CommandLine.Run([.. Arguments(directory, file), .. more]);
        Assert.Equal("", run.Error);
        Assert.Equal(expected, run.ExitCode);
        return JsonDocument.Parse(run.Output).RootElement;
    }
}
