using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Files;

public sealed class HashChainedLogTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2040, 3, 1, 12, 0, 0, 5, TimeSpan.Zero);
    private static readonly HashChainedLogOptions OneFile = new() { Name = "test log", Writer = "test", Subject = "event" };
    private static readonly HashChainedLogOptions ManyFiles = OneFile with { MaximumFileBytes = 4096, FilesKept = 100 };
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string FilePath => _directory.File("log.jsonl");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lines_AreTheseBytes()
    {
        await using (var log = Open())
        {
            await log.AppendAsync(Noon, writer => writer.WriteString("a"u8, "<b>"), Ct);
            await log.AppendAsync(Noon.ToOffset(TimeSpan.FromHours(2)), _ => { }, Ct);
        }

        var first = "{\"v\":1,\"seq\":0,\"prev\":\"" + HashChainedLog.FirstPrevious
            + "\",\"time\":\"2040-03-01T12:00:00.005Z\",\"a\":\"\\u003Cb\\u003E\"}";
        var second = "{\"v\":1,\"seq\":1,\"prev\":\"" + HashOf(first) + "\",\"time\":\"2040-03-01T12:00:00.005Z\"}";
        Assert.Equal($"{first}\n{second}\n", await File.ReadAllTextAsync(FilePath, Ct));
    }

    [Fact]
    public async Task Record_IsReadable_WhenTheTaskHasEnded_ThoughTheLogIsOpen()
    {
        await using var log = Open(OneFile with { FlushesEachRecord = false });
        await AppendAsync(log);
        Assert.Equal(new HashChain(1, null), HashChainedLog.Verify(FilePath, OneFile));
        log.Flush();
        await AppendAsync(log);
        Assert.Equal(new HashChain(2, null), HashChainedLog.Verify(FilePath, OneFile));
    }

    [Fact]
    public async Task Chain_GoesOn_AfterARestart()
    {
        for (var run = 0; run < 3; run++)
        {
            await using var log = Open();
            await AppendAsync(log, 4);
        }

        Assert.Equal(Enumerable.Range(0, 12), Lines().Select(SequenceOf));
        Assert.Equal(new HashChain(12, null), HashChainedLog.Verify(FilePath, OneFile));
    }

    [Fact]
    public async Task Chain_GoesOn_AcrossFiles_NamedByTheirFirstRecord()
    {
        for (var run = 0; run < 3; run++)
        {
            await using var log = Open(ManyFiles);
            await AppendAsync(log, 40);
        }

        var full = FullFiles();
        Assert.True(full.Length > 2);
        Assert.All(full, file => Assert.Equal(SequenceOf(File.ReadLines(file).First()), int.Parse(file[^20..])));
        Assert.Equal(new HashChain(120, null), HashChainedLog.Verify(FilePath, ManyFiles));
    }

    [Fact]
    public async Task Chain_GoesOn_WhenStoppedRightAfterBeginningANewFile()
    {
        await using (var log = Open(ManyFiles))
        {
            await AppendAsync(log, 40);
        }

        File.Move(FilePath, $"{FilePath}.{SequenceOf(Lines()[0]):D20}");
        await using (var log = Open(ManyFiles))
        {
            await AppendAsync(log);
        }

        Assert.Equal(40, SequenceOf(Assert.Single(Lines())));
        Assert.Equal(new HashChain(41, null), HashChainedLog.Verify(FilePath, ManyFiles));
    }

    [Fact]
    public async Task Deletes_TheOldestFullFiles_AndWhatIsLeftStillHolds()
    {
        await using (var log = Open(ManyFiles with { FilesKept = 2 }))
        {
            await AppendAsync(log, 150);
        }

        var full = FullFiles();
        Assert.Equal(2, full.Length);
        var chain = HashChainedLog.Verify(FilePath, ManyFiles);
        Assert.Null(chain.Break);
        Assert.Equal(150 - SequenceOf(File.ReadLines(full[0]).First()), chain.Records);
    }

    [Fact]
    public async Task OneFile_IsNeverLeftForAnother_AndMustBeginAtTheBeginning()
    {
        await using (var log = Open())
        {
            await AppendAsync(log, 60);
        }

        Assert.Empty(FullFiles());
        File.WriteAllLines(FilePath, Lines().Skip(1));
        Assert.Equal(
            new HashChain(0, new HashChainBreak(FilePath, 1, "the line does not follow the one before it")),
            HashChainedLog.Verify(FilePath, OneFile));
        Assert.Equal(new HashChain(59, null), HashChainedLog.Verify(FilePath, ManyFiles));
    }

    [Theory]
    [InlineData("changed", 3)]
    [InlineData("taken out", 1)]
    [InlineData("moved", 1)]
    [InlineData("of another beginning", 0)]
    public async Task Finds_ARecordThatWas(string what, int sound)
    {
        await using (var log = Open())
        {
            await AppendAsync(log, 5);
        }

        var lines = Lines().ToList();
        switch (what)
        {
            case "changed":
                lines[2] = lines[2].Replace("\"n\":2", "\"n\":9", StringComparison.Ordinal);
                break;
            case "taken out":
                lines.RemoveAt(1);
                break;
            case "moved":
                (lines[1], lines[2]) = (lines[2], lines[1]);
                break;
            default:
                lines[0] = lines[0].Replace("\"prev\":\"0", "\"prev\":\"1", StringComparison.Ordinal);
                break;
        }

        File.WriteAllLines(FilePath, lines);
        Assert.Equal(
            new HashChain(sound, new HashChainBreak(FilePath, sound + 1, "the line does not follow the one before it")),
            HashChainedLog.Verify(FilePath, OneFile));
    }

    [Theory]
    [InlineData("garbage\n", "the line is no record")]
    [InlineData("{\"seq\":1}\n", "the line is no record")]
    [InlineData("{\"seq\":1,\"seq\":1,\"prev\":\"\"}\n", "the line is no record")]
    [InlineData("{\"seq\":1", "the line is torn or too long")]
    public async Task Says_WhatALineIsInPlaceOfARecord(string line, string problem)
    {
        await using (var log = Open())
        {
            await AppendAsync(log);
        }

        await File.AppendAllTextAsync(FilePath, line, Ct);
        Assert.Equal(new HashChain(1, new HashChainBreak(FilePath, 2, problem)), HashChainedLog.Verify(FilePath, OneFile));
    }

    [Fact]
    public void Reads_NoLineBeyondTheLimit()
    {
        File.WriteAllText(FilePath, new string('x', 200_000));
        Assert.Equal("the line is torn or too long", HashChainedLog.Verify(FilePath, OneFile).Break?.Problem);
        Assert.Throws<InvalidDataException>(() => Open());
    }

    [Fact]
    public async Task CutsOff_ATornLine_AndSaysSo_AtEveryLength()
    {
        await using (var log = Open())
        {
            await AppendAsync(log, 2);
        }

        var whole = await File.ReadAllBytesAsync(FilePath, Ct);
        var first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (var length = first + 1; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(FilePath, whole[..length], Ct);
            await using (Open())
            {
            }

            var lines = Lines();
            Assert.Equal(2, lines.Length);
            Assert.Equal(
                $"{{\"v\":1,\"seq\":1,\"prev\":\"{HashOf(lines[0])}\",\"time\":\"2040-03-01T12:00:00.005Z\","
                + $"\"event\":\"recovered\",\"lostBytes\":{length - first}}}",
                lines[1]);
            Assert.Equal(new HashChain(2, null), HashChainedLog.Verify(FilePath, OneFile));
        }
    }

    [Fact]
    public async Task LeavesNothingToRecover_WhenCutBetweenTwoLines()
    {
        await using (var log = Open())
        {
            await AppendAsync(log, 2);
        }

        File.WriteAllLines(FilePath, Lines().Take(1));
        await using (Open())
        {
        }

        Assert.Single(Lines());
    }

    [Fact]
    public async Task Refuses_ToContinue_AfterALastLineThatIsNoRecord()
    {
        await using (var log = Open())
        {
            await AppendAsync(log);
        }

        await File.AppendAllTextAsync(FilePath, "garbage\n", Ct);
        Assert.Equal(
            $"The last record of the test log '{FilePath}' is damaged, so that its chain cannot be continued. "
            + "Keep the file under another name; a new chain starts.",
            Assert.Throws<InvalidDataException>(() => Open()).Message);
    }

    [Fact]
    public async Task Belongs_ToOneProcess()
    {
        await using (Open())
        {
            Assert.Equal(
                $"The test log '{FilePath}' is in use by another process. One test writes one log.",
                Assert.Throws<IOException>(() => Open()).Message);
        }

        await using var again = Open();
    }

    [Fact]
    public async Task Refuses_AfterItWasClosed_HoweverOftenItIsClosed()
    {
        var log = Open();
        await log.DisposeAsync();
        await log.DisposeAsync();
        log.Flush();
        Assert.Equal("The test log is closed.", (await Assert.ThrowsAsync<IOException>(() => AppendAsync(log))).Message);
    }

    [Fact]
    public async Task RecordThatCannotBeWritten_FailsAlone()
    {
        await using (var log = Open())
        {
            var tasks = Enumerable.Range(0, 30).Select(i => log.AppendAsync(
                Noon, writer => writer.WriteNumber("n"u8, i % 3 == 1 ? throw new InvalidOperationException("no words") : i), Ct).AsTask());
            var ended = await Task.WhenAll(tasks.Select(task => Record.ExceptionAsync(() => task).AsTask()));
            Assert.All(ended, (error, i) => Assert.Equal(i % 3 == 1 ? "The event cannot be recorded: no words" : null, error?.Message));
        }

        Assert.Equal(new HashChain(20, null), HashChainedLog.Verify(FilePath, OneFile));
    }

    [Fact]
    public async Task KeepsUp_WithManyAtOnce()
    {
        await using (var log = Open())
        {
            await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => log.AppendAsync(Noon, w => w.WriteNumber("n"u8, i), Ct).AsTask()));
        }

        Assert.Equal(new HashChain(3000, null), HashChainedLog.Verify(FilePath, OneFile));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnAFullDevice_FailsEveryRecord_AndDoesNotHang(bool flushesEachRecord)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this kernel has no /dev/full");
        File.CreateSymbolicLink(FilePath, "/dev/full");
        await using var log = Open(OneFile with { FlushesEachRecord = flushesEachRecord });
        for (var i = 0; i < 3; i++)
        {
            var error = await Assert.ThrowsAsync<IOException>(() => AppendAsync(log));
            Assert.StartsWith("The test log cannot be written: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhenANewFileCannotBeBegun_FailsTheRecord_LeavesNothingTorn_AndGoesOnLater()
    {
        await using var log = Open(ManyFiles);
        var written = 0;
        while (new FileInfo(FilePath).Length < 4096)
        {
            await AppendAsync(log);
            written++;
        }

        // A directory in the place of the full file's new name.
        var blocker = FilePath + "." + new string('0', 20);
        Directory.CreateDirectory(Path.Combine(blocker, "x"));
        await Assert.ThrowsAsync<IOException>(() => AppendAsync(log));
        Assert.Equal(new HashChain(written, null), HashChainedLog.Verify(FilePath, ManyFiles));

        Directory.Delete(blocker, recursive: true);
        await AppendAsync(log);
        Assert.Equal(new HashChain(written + 1, null), HashChainedLog.Verify(FilePath, ManyFiles));
    }

    [Fact]
    public async Task Limits_AccessToItsOwner_InEveryFile()
    {
        await using (var log = Open(ManyFiles))
        {
            await AppendAsync(log, 40);
        }

        foreach (var file in FullFiles().Append(FilePath))
        {
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
    }

    [Fact]
    public void Refuses_LimitsThatMakeNoSense()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(OneFile with { MaximumFileBytes = 4095 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(OneFile with { FilesKept = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(OneFile with { MaximumLineBytes = 1023 }));
    }

    private HashChainedLog Open(HashChainedLogOptions? options = null) => HashChainedLog.Open(FilePath, options ?? OneFile, Noon);

    private static async Task AppendAsync(HashChainedLog log, int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            await log.AppendAsync(Noon, writer => writer.WriteNumber("n"u8, i), Ct);
        }
    }

    private string[] Lines() => File.ReadAllLines(FilePath);

    private string[] FullFiles() => [.. Directory.GetFiles(_directory.Path, "log.jsonl.0*").Order(StringComparer.Ordinal)];

    private static string HashOf(string line) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));

    private static int SequenceOf(string line)
    {
        using var record = JsonDocument.Parse(line);
        return record.RootElement.GetProperty("seq").GetInt32();
    }
}
