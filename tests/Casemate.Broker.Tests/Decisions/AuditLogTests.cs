using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.Broker.Tests.Decisions;

public sealed class AuditLogTests : IDisposable
{
    private static readonly DateTimeOffset Noon = SimulatedHardware.Noon;
    private readonly TemporaryDirectory _directory = new();

    private string FilePath => _directory.File("audit.jsonl");

    public void Dispose() => _directory.Dispose();

    private AuditLog Open() => AuditLog.Open(FilePath, Noon);

    private string[] Lines() => File.ReadAllText(FilePath).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static Decision NewDecision(int number = 0) => new()
    {
        Kind = DecisionKind.ResourceRead,
        Outcome = DecisionOutcome.Allowed,
        Time = Noon.AddMilliseconds(number),
        PolicyName = "p",
        PolicyHash = "hash",
        Tee = "snp",
        Resource = ResourcePath.Parse("default/key/1"),
        TokenId = $"token-{number}",
    };

    private static void AssertChain(IEnumerable<string> lines)
    {
        // The check that docs/broker.md gives to auditors, in its own few lines.
        var (previous, sequence) = (AuditLog.FirstPrevious, 0L);
        foreach (var line in lines)
        {
            using var record = JsonDocument.Parse(line);
            Assert.Equal(previous, record.RootElement.GetProperty("prev").GetString());
            Assert.Equal(sequence++, record.RootElement.GetProperty("seq").GetInt64());
            previous = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));
        }
    }

    [Fact]
    public async Task Writes_OneChainedLineADecision_AcrossRestarts()
    {
        for (var run = 0; run < 3; run++)
        {
            await using var log = Open();
            for (var i = 0; i < 4; i++)
            {
                await log.RecordAsync(NewDecision(i), default);
            }
        }

        Assert.Equal(12, Lines().Length);
        AssertChain(Lines());
        Assert.Equal(new AuditChain(12, null, null), AuditLog.Verify(FilePath));
        Assert.True(AuditLog.Verify(FilePath).IsIntact);
    }

    [Fact]
    public async Task Lines_AreTheseBytes()
    {
        await using (var log = Open())
        {
            await log.RecordAsync(
                NewDecision() with { Outcome = DecisionOutcome.Refused, Error = new BrokerError(BrokerErrorCode.PolicyDeny, "<é'\">") },
                default);
            await log.RecordAsync(NewDecision(7), default);
        }

        var first = "{\"v\":1,\"seq\":0,\"prev\":\"" + AuditLog.FirstPrevious + "\",\"time\":\"2040-03-01T12:00:00.000Z\","
            + "\"event\":\"resource-read\",\"outcome\":\"refused\",\"tee\":\"snp\",\"simulated\":false,"
            + "\"policy\":{\"name\":\"p\",\"hash\":\"hash\"},\"resource\":\"" + ResourcePath.Parse("default/key/1").Hash() + "\","
            + "\"token\":\"token-0\",\"error\":{\"code\":\"PolicyDeny\",\"detail\":\"<é'\\\">\"}}\n";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(first.TrimEnd('\n'))));
        var second = "{\"v\":1,\"seq\":1,\"prev\":\"" + hash + "\",\"time\":\"2040-03-01T12:00:00.007Z\","
            + "\"event\":\"resource-read\",\"outcome\":\"allowed\",\"tee\":\"snp\",\"simulated\":false,"
            + "\"policy\":{\"name\":\"p\",\"hash\":\"hash\"},\"resource\":\"" + ResourcePath.Parse("default/key/1").Hash() + "\","
            + "\"token\":\"token-7\"}\n";
        Assert.Equal(first + second, File.ReadAllText(FilePath));
    }

    [Fact]
    public async Task Record_IsOnDiskWhenTheTaskEnds()
    {
        await using var log = Open();
        await log.RecordAsync(NewDecision(), default);
        Assert.Single(Lines());
        Assert.Equal(1, AuditLog.Verify(FilePath).Records);                // readable while the log is open
    }

    [Fact]
    public async Task Says_WhatWasDecided_AndNothingSecret()
    {
        await using var fixture = new BrokerFixture();
        await using (var log = Open())
        {
            using var broker = new KeyBroker(new KeyBrokerOptions
            {
                Roots = SimulatedHardware.Shared.Roots,
                Collateral = SimulatedHardware.Shared,
                Policy = BrokerFixture.Pinned,
                Resources = fixture.Store,
                Tokens = fixture.Tokens,
                Audit = log,
                Time = fixture.Clock,
            });
            using var workload = TestWorkload.WithEcKey();
            var challenge = broker.Challenge(TestWorkload.AuthRequest("snp")).Value!;
            var evidence = SimulatedHardware.Shared.Evidence("snp", workload.Digest(challenge.Nonce));
            var attested = (await broker.AttestAsync(challenge.SessionId, workload.AttestRequest(challenge.Nonce, evidence))).Value!;
            Assert.True((await broker.GetResourceAsync(challenge.SessionId, null, BrokerFixture.Secret)).Succeeded);
            var text = File.ReadAllText(FilePath);
            foreach (var secret in (string[])[challenge.SessionId, challenge.Nonce, attested.Token.Text.Split('.')[2], "the secret",
                "default/key/1"])
            {
                Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
            }

            using var first = JsonDocument.Parse(Lines()[0]);
            var record = first.RootElement;
            Assert.Equal("attestation", record.GetProperty("event").GetString());
            Assert.Equal("allowed", record.GetProperty("outcome").GetString());
            Assert.Equal("2040-03-01T12:00:00.000Z", record.GetProperty("time").GetString());
            Assert.Equal("snp", record.GetProperty("tee").GetString());
            Assert.True(record.GetProperty("simulated").GetBoolean());
            Assert.Equal(64, record.GetProperty("evidence").GetString()!.Length);
            Assert.StartsWith("4d4d", record.GetProperty("measurements").GetProperty("MEASUREMENT").GetString(), StringComparison.Ordinal);
            Assert.Equal("pinned", record.GetProperty("policy").GetProperty("name").GetString());
            Assert.Equal(BrokerFixture.Pinned.Hash(), record.GetProperty("policy").GetProperty("hash").GetString());
            Assert.Equal(attested.Token.Id, record.GetProperty("token").GetString());
            Assert.True(record.GetProperty("verdict").GetProperty("accepted").GetBoolean());
            Assert.Contains(
                "SnpReportSignature", record.GetProperty("verdict").GetProperty("passed").EnumerateArray().Select(e => e.GetString()));

            using var second = JsonDocument.Parse(Lines()[1]);
            Assert.Equal("resource-read", second.RootElement.GetProperty("event").GetString());
            Assert.Equal(BrokerFixture.Secret.Hash(), second.RootElement.GetProperty("resource").GetString());
            Assert.Equal(record.GetProperty("session").GetString(), second.RootElement.GetProperty("session").GetString());
        }

        AssertChain(Lines());
    }

    [Fact]
    public async Task Says_WhyEvidenceWasRefused_ButNotOnWhichMachine()
    {
        await using (var log = Open())
        {
            await log.RecordAsync(
                NewDecision() with
                {
                    Kind = DecisionKind.Attestation,
                    Outcome = DecisionOutcome.Refused,
                    Error = new BrokerError(BrokerErrorCode.PolicyDeny, "line one\nline two \u2028 \"quoted\""),
                    Verdict = new Verdict
                    {
                        Tee = Tee.Snp,
                        Format = "SEV-SNP report v3 (Milan)",
                        Simulated = false,
                        Checks =
                        [
                            new Check(CheckId.Identity, CheckOutcome.Failed, "aa", "bb"),
                            new Check(CheckId.ChipId, CheckOutcome.Failed, "deadbeef", "cafebabe"),
                            new Check(CheckId.Debug, CheckOutcome.Passed, "", ""),
                            new Check(CheckId.Vmpl, CheckOutcome.Warned, "0", new string('x', 5000)),
                            new Check(CheckId.HostData, CheckOutcome.NotAsked, "", ""),
                        ],
                    },
                },
                default);
        }

        var line = Assert.Single(Lines());
        Assert.DoesNotContain("deadbeef", line, StringComparison.Ordinal);
        Assert.DoesNotContain("cafebabe", line, StringComparison.Ordinal);
        Assert.True(line.Length < 2500);
        using var record = JsonDocument.Parse(line);
        var verdict = record.RootElement.GetProperty("verdict");
        Assert.False(verdict.GetProperty("accepted").GetBoolean());
        Assert.Equal("bb", verdict.GetProperty("failed")[0].GetProperty("actual").GetString());
        Assert.Equal("ChipId", verdict.GetProperty("failed")[1].GetProperty("name").GetString());
        Assert.Equal("Debug", verdict.GetProperty("passed")[0].GetString());
        Assert.Equal("HostData", verdict.GetProperty("notAsked")[0].GetString());
        Assert.Equal("PolicyDeny", record.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Writes_AnyText_AsOneSoundLine()
    {
        await using (var log = Open())
        {
            foreach (var text in (string[])["half \ud800 a pair", "\udc00", "\u0000\u0001\r\n\u2028\u2029", "\uffff", "<script>'\"&+"])
            {
                await log.RecordAsync(
                    NewDecision() with { Outcome = DecisionOutcome.Refused, Error = new BrokerError(BrokerErrorCode.PolicyDeny, text) },
                    default);
            }
        }

        Assert.Equal(5, Lines().Length);
        AssertChain(Lines());
    }

    [Fact]
    public async Task Keeps_Up_WithManyAtOnce()
    {
        await using (var log = Open())
        {
            await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => log.RecordAsync(NewDecision(i), default).AsTask()));
        }

        Assert.Equal(2000, Lines().Length);
        Assert.Equal(2000, Lines().Select(l => JsonDocument.Parse(l).RootElement.GetProperty("token").GetString()).Distinct().Count());
        Assert.True(AuditLog.Verify(FilePath).IsIntact);
    }

    [Fact]
    public async Task Recovers_FromATornLastLine_AtEveryLength()
    {
        await using (var log = Open())
        {
            await log.RecordAsync(NewDecision(1), default);
            await log.RecordAsync(NewDecision(2), default);
        }

        var whole = File.ReadAllBytes(FilePath);
        var first = Array.IndexOf(whole, (byte)'\n') + 1;
        foreach (var length in (int[])[1, 5, first - 1, first + 1, first + 20, whole.Length - 1])
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            Assert.False(AuditLog.Verify(FilePath).IsIntact);
            await using (var log = Open())
            {
                await log.RecordAsync(NewDecision(3), default);
            }

            var lines = Lines();
            AssertChain(lines);
            var kept = length > first ? 1 : 0;
            Assert.Equal(kept + 2, lines.Length);
            using var recovery = JsonDocument.Parse(lines[kept]);
            Assert.Equal("recovered", recovery.RootElement.GetProperty("event").GetString());
            Assert.Equal(length - kept * first, recovery.RootElement.GetProperty("lostBytes").GetInt32());
        }

        File.WriteAllBytes(FilePath, whole[..first]);                      // cut exactly between two lines: nothing is torn
        await using (Open())
        {
        }

        Assert.Single(Lines());
    }

    [Fact]
    public async Task Finds_EveryChangedTakenOutOrMovedRecord()
    {
        await using (var log = Open())
        {
            for (var i = 0; i < 5; i++)
            {
                await log.RecordAsync(NewDecision(i), default);
            }
        }

        var lines = Lines();
        void Write(IEnumerable<string> changed) => File.WriteAllText(FilePath, string.Join('\n', changed) + "\n");

        Write(lines.Select((l, i) => i == 2 ? l.Replace("token-2", "token-9", StringComparison.Ordinal) : l));
        Assert.Equal(4, AuditLog.Verify(FilePath).BrokenAtLine);
        Write(lines.Where((_, i) => i != 1));
        Assert.Equal(2, AuditLog.Verify(FilePath).BrokenAtLine);
        Write([lines[0], lines[2], lines[1], lines[3], lines[4]]);
        Assert.Equal(2, AuditLog.Verify(FilePath).BrokenAtLine);
        Write(lines.Skip(1));
        Assert.Equal(1, AuditLog.Verify(FilePath).BrokenAtLine);
        Write([lines[0], "not a record"]);
        Assert.Equal(2, AuditLog.Verify(FilePath).BrokenAtLine);
        Write(lines);
        Assert.True(AuditLog.Verify(FilePath).IsIntact);
    }

    [Fact]
    public async Task Refuses_ToContinueAfterADamagedRecord()
    {
        await using (var log = Open())
        {
            await log.RecordAsync(NewDecision(), default);
        }

        File.AppendAllText(FilePath, "garbage\n");
        Assert.Contains("Keep the file under another name", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
        File.Move(FilePath, FilePath + ".damaged");
        await using var fresh = Open();
        await fresh.RecordAsync(NewDecision(), default);
        AssertChain(Lines());
    }

    [Fact]
    public async Task Belongs_ToOneProcess()
    {
        await using (Open())
        {
            Assert.Contains("in use by another process", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
        }

        await using var again = Open();
    }

    [Fact]
    public async Task Refuses_AfterItWasClosed()
    {
        var log = Open();
        await log.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(async () => await log.RecordAsync(NewDecision(), default));
    }

    [Fact]
    public async Task Fails_TheCaller_WhenTheDiskIsFull_AndGoesOnAfterwards()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Skip("There is no /dev/full on this system.");
        }

        // A log whose file is on a full disk: opening works, writing does not.
        File.CreateSymbolicLink(FilePath, "/dev/full");
        var e = await Record.ExceptionAsync(async () =>
        {
            await using var log = Open();
            await log.RecordAsync(NewDecision(), default);
        });
        Assert.IsType<IOException>(e);
    }

    [Fact]
    public async Task Limits_AccessToItsOwner()
    {
        await using var log = Open();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        }
    }
}
