using System.Text.Json;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Service;

public sealed class QuoteAuditLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, 89, TimeSpan.Zero));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string File_ => Path.Combine(_directory.Path, "quotes.jsonl");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(AuditFlush.EachRecord)]
    [InlineData(AuditFlush.Interval)]
    [InlineData(AuditFlush.Never)]
    public async Task WritesALine_ForEachRecord_BeforeTheTaskEnds(AuditFlush flush)
    {
        await using var log = Open(new QuoteAuditLogOptions { Flush = flush });
        await log.RecordAsync(await Record(1), Ct);

        using var document = JsonDocument.Parse(Assert.Single(await Lines()));
        var root = document.RootElement;
        Assert.Equal("2026-03-04T05:06:07.089Z", root.GetProperty("time").GetString());
        Assert.Equal("InvalidReport", root.GetProperty("result").GetString());
        Assert.Equal(47, root.GetProperty("code").GetInt32());
        Assert.Equal("0xE015", root.GetProperty("dcapCode").GetString());
        Assert.Equal("uid-a", root.GetProperty("peer").GetProperty("podUid").GetString());
        Assert.Equal("ControlGroup", root.GetProperty("peer").GetProperty("identification").GetString());
        Assert.Equal(64, root.GetProperty("reportDataSha256").GetString()!.Length);
        Assert.Equal((1, null), QuoteAuditLog.Verify(File_));
    }

    [Fact]
    public async Task ALine_IsTheseBytes()
    {
        var record = await Record(1) with { Provider = "<é'\">" };
        await using (var log = Open())
        {
            await log.RecordAsync(record, Ct);
        }

        var expected = "{\"v\":1,\"seq\":0,\"prev\":\"" + new string('0', 64) + "\",\"time\":\"2026-03-04T05:06:07.089Z\","
            + "\"event\":\"quote\",\"result\":\"InvalidReport\",\"code\":47,\"dcapCode\":\"0xE015\","
            + "\"provider\":\"\\u003C\\u00E9\\u0027\\u0022\\u003E\",\"simulated\":true,"
            + "\"peer\":{\"identification\":\"ControlGroup\",\"namespace\":\"team\",\"pod\":\"a\",\"podUid\":\"uid-a\","
            + "\"pid\":4711,\"uid\":1000,\"socket\":\"/run/aesm.socket\"},\"tee\":\"sgx\","
            + "\"enclave\":{\"mrenclave\":\"" + new string('0', 64) + "\",\"mrsigner\":\"" + new string('0', 64) + "\","
            + "\"prodId\":0,\"svn\":0,\"debug\":false},"
            + "\"reportDataSha256\":\"" + Convert.ToHexStringLower(record.ReportDataHash.Span) + "\"}\n";
        Assert.Equal(expected, await File.ReadAllTextAsync(File_, Ct));
    }

    [Fact]
    public async Task NeverHoldsTheReportData()
    {
        await using var log = Open();
        await log.RecordAsync(await Record(0xEE), Ct);
        Assert.DoesNotContain("eeeeeeee", Assert.Single(await Lines()), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ContinuesTheChain_AfterARestart_AndAcrossFiles()
    {
        var options = new QuoteAuditLogOptions { MaximumFileBytes = 4096, FilesKept = 100 };
        for (var run = 0; run < 3; run++)
        {
            await using var log = Open(options);
            for (var i = 0; i < 20; i++)
            {
                await log.RecordAsync(await Record((byte)i), Ct);
            }
        }

        Assert.True(Directory.GetFiles(_directory.Path, "quotes.jsonl.0*").Length > 3);
        Assert.Equal((60, null), QuoteAuditLog.Verify(File_));
    }

    [Fact]
    public async Task KeepsOnlySoManyFullFiles_AndWhatIsLeftStillHolds()
    {
        await using (var log = Open(new QuoteAuditLogOptions { MaximumFileBytes = 4096, FilesKept = 2 }))
        {
            for (var i = 0; i < 60; i++)
            {
                await log.RecordAsync(await Record((byte)i), Ct);
            }
        }

        Assert.Equal(2, Directory.GetFiles(_directory.Path, "quotes.jsonl.0*").Length);
        var (records, problem) = QuoteAuditLog.Verify(File_);
        Assert.Null(problem);
        Assert.InRange(records, 10, 40);
    }

    [Fact]
    public async Task ShowsWhichLineWasChanged()
    {
        await using (var log = Open())
        {
            for (var i = 0; i < 3; i++)
            {
                await log.RecordAsync(await Record((byte)i), Ct);
            }
        }

        var text = await File.ReadAllTextAsync(File_, Ct);
        await File.WriteAllTextAsync(File_, text.Replace("\"pod\":\"a\"", "\"pod\":\"b\"", StringComparison.Ordinal), Ct);

        var (records, problem) = QuoteAuditLog.Verify(File_);
        Assert.Equal(1, records);
        Assert.Contains(":2: the line does not follow", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CutsOffATornLine_AndSaysSo()
    {
        await using (var log = Open())
        {
            await log.RecordAsync(await Record(1), Ct);
        }

        await File.AppendAllTextAsync(File_, "{\"v\":1,\"seq\"", Ct);
        await using (Open())
        {
        }

        var lines = await Lines();
        Assert.Equal(2, lines.Length);
        Assert.Contains("\"event\":\"recovered\",\"lostBytes\":12", lines[1], StringComparison.Ordinal);
        Assert.Equal((2, null), QuoteAuditLog.Verify(File_));
    }

    [Fact]
    public async Task RefusesASecondWriter_AndAFileThatItDoesNotKnow()
    {
        await using (Open())
        {
            Assert.Contains("in use by another process", Assert.Throws<IOException>(() => Open()).Message, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(File_, "something else\n", Ct);
        Assert.Throws<InvalidDataException>(() => Open());
    }

    [Fact]
    public async Task OnAFullDisk_FailsEachRecord_LeavesNothingTorn_AndGoesOnWhenThereIsRoom()
    {
        // Rotation needs a new file: a directory in its place stands for a disk that has no room for one.
        var options = new QuoteAuditLogOptions { MaximumFileBytes = 4096 };
        await using var log = Open(options);
        var written = 0;
        while (new FileInfo(File_).Length < 4096)
        {
            await log.RecordAsync(await Record(1), Ct);
            written++;
        }

        var blocker = Path.Combine(_directory.Path, "quotes.jsonl." + new string('0', 20));
        Directory.CreateDirectory(Path.Combine(blocker, "x"));
        await Assert.ThrowsAsync<IOException>(async () => await log.RecordAsync(await Record(2), Ct));
        Assert.Equal((written, null), QuoteAuditLog.Verify(File_));

        Directory.Delete(blocker, recursive: true);
        await log.RecordAsync(await Record(3), Ct);
        Assert.Equal((written + 1, null), QuoteAuditLog.Verify(File_));
    }

    [Theory]
    [InlineData(AuditFlush.EachRecord)]
    [InlineData(AuditFlush.Interval)]
    public async Task OnADeviceThatIsFull_FailsEveryRecord_AndDoesNotHang(AuditFlush flush)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this kernel has no /dev/full");
        File.CreateSymbolicLink(File_, "/dev/full");
        await using var log = Open(new QuoteAuditLogOptions { Flush = flush });
        for (var i = 0; i < 3; i++)
        {
            var error = await Assert.ThrowsAsync<IOException>(async () => await log.RecordAsync(await Record(1), Ct));
            Assert.StartsWith("The audit log cannot be written", error.Message, StringComparison.Ordinal);
        }
    }

    private QuoteAuditLog Open(QuoteAuditLogOptions? options = null) =>
        QuoteAuditLog.Open(File_, options ?? new QuoteAuditLogOptions(), _time);

    private async Task<string[]> Lines()
    {
        using var reader = new StreamReader(new FileStream(File_, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return (await reader.ReadToEndAsync(Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task<QuoteAuditRecord> Record(byte mark)
    {
        await using var provider = new ScriptedProvider();
        var report = new byte[QuoteRequest.ReportSize];
        report.AsSpan(320, 64).Fill(mark);
        return QuoteAuditRecord.Of(_time.GetUtcNow(), ServiceUnderTest.Pod("a"), provider, report, AesmError.InvalidReport) with
        {
            DcapCode = 0xE015,
        };
    }
}
