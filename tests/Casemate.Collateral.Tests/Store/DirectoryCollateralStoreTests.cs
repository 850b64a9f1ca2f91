using System.Text;
using Casemate.Attestation;
using Casemate.Collateral.Store;
using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Collateral.Tests.Store;

public sealed class DirectoryCollateralStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly CollateralKey Key = CollateralKey.TcbInfo(Tee.Sgx, "00606a000000");

    private readonly TemporaryDirectory _directory = new();

    private DirectoryCollateralStore Store => DirectoryCollateralStore.Open(_directory.Path, Now);

    [Fact]
    public async Task GivesBack_WhatWasWritten()
    {
        var entry = Entry("one") with { NotBefore = Now, NotAfter = Now.AddDays(30) };
        await Store.WriteAsync(entry, default);

        var read = (await Store.ReadAsync(Key, default)).Collateral!;

        Assert.Equal("one", Text(read));
        Assert.Equal("chain\n", Encoding.ASCII.GetString(read.IssuerChainPem.Span));
        Assert.Equal(
            (entry.Fetched, entry.Source, entry.NotBefore, entry.NotAfter), (read.Fetched, read.Source, read.NotBefore, read.NotAfter));
        Assert.Equal([Key], await Store.ListAsync(default));
    }

    [Fact]
    public async Task OpenedToRead_GivesBackWhatIsThere_AndMakesNothing()
    {
        var absent = Path.Combine(_directory.Path, "absent");
        Assert.Empty(await DirectoryCollateralStore.OpenToRead(absent).ListAsync(default));
        Assert.False(Directory.Exists(absent));

        await Store.WriteAsync(Entry("one"), default);
        var before = Directory.GetFileSystemEntries(_directory.Path, "*", SearchOption.AllDirectories);
        Assert.Equal("one", Text((await DirectoryCollateralStore.OpenToRead(_directory.Path).ReadAsync(Key, default)).Collateral!));
        Assert.Equal(before, Directory.GetFileSystemEntries(_directory.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Keeps_TheRawBytes_InAFileOfTheirOwn()
    {
        await Store.WriteAsync(Entry("one"), default);

        var raw = Assert.Single(
            Directory.GetFiles(_directory.File("tcb-info"), "*.json"), path => !path.EndsWith(".about.json", StringComparison.Ordinal));
        Assert.Equal("one", await File.ReadAllTextAsync(raw, TestContext.Current.CancellationToken));
        Assert.StartsWith("sgx-00606a000000-standard.", Path.GetFileName(raw), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replaces_AnEntry_AndLeavesNothingOfTheOldOne()
    {
        await Store.WriteAsync(Entry("one"), default);
        await Store.WriteAsync(Entry("two"), default);

        Assert.Equal("two", Text((await Store.ReadAsync(Key, default)).Collateral!));
        Assert.Equal(2, Directory.GetFiles(_directory.File("tcb-info")).Length);
    }

    [Fact]
    public async Task SaysAbsent_ForWhatWasNeverWritten() => Assert.Equal(StoreReading.Absent, await Store.ReadAsync(Key, default));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Holds_TheOldEntry_WhenItIsKilledBeforeAWrite(int lostWrite)
    {
        await Store.WriteAsync(Entry("one"), default);
        var writes = 0;
        var dying = new DirectoryCollateralStore(_directory.Path, 10, (path, content, mode) =>
        {
            if (++writes == lostWrite)
            {
                throw new IOException("No space left on device");
            }

            AtomicFile.Write(path, content, mode);
        });

        var problem = await Assert.ThrowsAsync<CollateralStoreException>(async () => await dying.WriteAsync(Entry("two"), default));

        Assert.Contains("No space left on device", problem.Message, StringComparison.Ordinal);
        Assert.Equal("one", Text((await Store.ReadAsync(Key, default)).Collateral!));
    }

    [Fact]
    public async Task Removes_WhatACrashLeftOver_OnceItIsOld()
    {
        await Store.WriteAsync(Entry("one"), default);
        var leftover = _directory.File("tcb-info/sgx-00606a000000-standard.0123456789abcdef.json");
        await File.WriteAllTextAsync(leftover, "two", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(leftover, Now.AddMinutes(-10).UtcDateTime);

        _ = DirectoryCollateralStore.Open(_directory.Path, Now);
        Assert.True(File.Exists(leftover), "another replica may be writing it at this moment");

        _ = DirectoryCollateralStore.Open(_directory.Path, Now.AddHours(2));
        Assert.False(File.Exists(leftover));
        Assert.Equal("one", Text((await Store.ReadAsync(Key, default)).Collateral!));
    }

    [Fact]
    public async Task Reports_ARawFileThatWasChanged()
    {
        await Store.WriteAsync(Entry("one"), default);
        foreach (var path in Directory.GetFiles(_directory.File("tcb-info"), "*.json").Where(
            path => !path.EndsWith(".about.json", StringComparison.Ordinal)))
        {
            await File.WriteAllTextAsync(path, "eno", TestContext.Current.CancellationToken);
        }

        var reading = await Store.ReadAsync(Key, default);

        Assert.Null(reading.Collateral);
        Assert.Contains("SHA-256", reading.Damage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"version":2}""")]
    [InlineData("""{"version":1,"key":"root-ca-crl/intel","sha256":"00","fetched":"2026-03-01T12:00:00.0000000Z"}""")]
    public async Task Reports_ADescriptionThatIsDamaged(string content)
    {
        await Store.WriteAsync(Entry("one"), default);
        await File.WriteAllTextAsync(
            _directory.File("tcb-info/sgx-00606a000000-standard.about.json"), content, TestContext.Current.CancellationToken);

        var reading = await Store.ReadAsync(Key, default);

        Assert.Null(reading.Collateral);
        Assert.NotEmpty(reading.Damage);
    }

    [Fact]
    public async Task Reports_ADescriptionOfAnotherEntry()
    {
        var other = CollateralKey.TcbInfo(Tee.Sgx, "111111111111");
        await Store.WriteAsync(Entry("one"), default);
        await Store.WriteAsync(Entry("two") with { Key = other }, default);
        File.Copy(_directory.File("tcb-info/sgx-111111111111-standard.about.json"), _directory.File(
            "tcb-info/sgx-00606a000000-standard.about.json"), overwrite: true);

        Assert.Contains("another entry", (await Store.ReadAsync(Key, default)).Damage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_MoreThanAnEntryMayHold()
    {
        var large = Entry("") with { Raw = new byte[StoredCollateral.MaximumBytes(CollateralKind.TcbInfo) + 1] };

        await Assert.ThrowsAsync<CollateralStoreException>(async () => await Store.WriteAsync(large, default));
        Assert.Empty(await Store.ListAsync(default));
    }

    [Fact]
    public async Task Refuses_MoreEntriesThanItsLimit_AndStillReplacesOldOnes()
    {
        var store = DirectoryCollateralStore.Open(_directory.Path, Now, maximumEntries: 1);
        await store.WriteAsync(Entry("one"), default);

        await Assert.ThrowsAsync<CollateralStoreException>(
            async () => await store.WriteAsync(Entry("two") with { Key = CollateralKey.TcbInfo(Tee.Sgx, "111111111111") }, default));
        await store.WriteAsync(Entry("three"), default);

        Assert.Equal("three", Text((await store.ReadAsync(Key, default)).Collateral!));
    }

    [Fact]
    public async Task Removes_AnEntry()
    {
        await Store.WriteAsync(Entry("one"), default);

        Assert.True(await Store.RemoveAsync(Key, default));
        Assert.False(await Store.RemoveAsync(Key, default));
        Assert.Empty(Directory.GetFiles(_directory.File("tcb-info")));
    }

    [Fact]
    public async Task Keeps_APlatform_ForItsOwnerAlone()
    {
        var platform = new ProvisionedPlatform
        {
            QeId = "0123",
            PceId = "0000",
            EncryptedPpid = "ab",
            PlatformManifest = "cd",
            Fmspc = "00606a000000",
            PlatformCa = true,
            RawTcbs = [new SelectedTcb(new string('1', 32), "0d00", new string('2', 36))],
        };
        await Store.WritePlatformAsync(platform, default);

        var read = (await Store.ReadPlatformAsync("0123", "0000", default))!;

        Assert.Equal(platform with { RawTcbs = read.RawTcbs }, read);
        Assert.Equal(platform.RawTcbs, read.RawTcbs);
        Assert.Single(await Store.ListPlatformsAsync(default));
#pragma warning disable CA1416 // the permission bits are what is tested
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.File("platforms/0123-0000.json")));
#pragma warning restore CA1416
    }

    [Fact]
    public async Task Keeps_EntriesWithVeryLongNames_Apart()
    {
        var first = CollateralKey.PckCertificates(new string('a', 260), "0000");
        var second = CollateralKey.PckCertificates(new string('a', 259) + "b", "0000");
        await Store.WriteAsync(Entry("one") with { Key = first }, default);
        await Store.WriteAsync(Entry("two") with { Key = second }, default);

        Assert.Equal("one", Text((await Store.ReadAsync(first, default)).Collateral!));
        Assert.Equal("two", Text((await Store.ReadAsync(second, default)).Collateral!));
    }

    [Fact]
    public async Task ShowsReaders_TheOldEntryOrTheNewOne_WhileReplicasWrite()
    {
        await Store.WriteAsync(Entry("0"), default);
        using var done = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 2).Select(writer => Task.Run(async () =>
        {
            var store = new DirectoryCollateralStore(_directory.Path, 10, AtomicFile.Write);
            for (var i = 0; i < 60; i++)
            {
                await store.WriteAsync(Entry($"{writer}-{i}"), default);
            }
        })).ToArray();
        var readings = 0;
        var reader = Task.Run(async () =>
        {
            var store = new DirectoryCollateralStore(_directory.Path, 10, AtomicFile.Write);
            while (!done.IsCancellationRequested)
            {
                var reading = await store.ReadAsync(Key, default);
                Assert.False(reading == StoreReading.Absent);
                readings += reading.Collateral is null ? 0 : 1;
            }
        });

        await Task.WhenAll(writers);
        await done.CancelAsync();
        await reader;

        Assert.True(readings > 0);
        Assert.NotNull((await Store.ReadAsync(Key, default)).Collateral);
    }

    [Fact]
    public async Task ReadsTheRest_WhenOneFileCannotBeRead()
    {
        await Store.WriteAsync(Entry("one"), default);
        var loop = _directory.File("tcb-info/sgx-00606a000001-standard.about.json");
        File.CreateSymbolicLink(loop, loop);

        Assert.Equal([Key], await Store.ListAsync(default));
        Assert.NotEmpty((await Store.ReadAsync(CollateralKey.TcbInfo(Tee.Sgx, "00606a000001"), default)).Damage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DoesNotWait_ForThePipeThatSomebodyPutInPlaceOfAnEntry(bool behindALink)
    {
        await Store.WriteAsync(Entry("one"), default);
        var note = _directory.File("tcb-info/sgx-00606a000001-standard.about.json");
        var pipe = behindALink ? _directory.File("a-pipe") : note;
        using (var made = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, made.ExitCode);
        }

        if (behindALink)
        {
            File.CreateSymbolicLink(note, pipe);
        }

        var listing = Task.Run(async () => await Store.ListAsync(default), TestContext.Current.CancellationToken);

        Assert.Equal([Key], await listing.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    public void Dispose() => _directory.Dispose();

    private static StoredCollateral Entry(string raw) =>
        new(Key, Encoding.ASCII.GetBytes(raw), "chain\n"u8.ToArray(), Now, "https://example.invalid/tcb", null, null);

    private static string Text(StoredCollateral entry) => Encoding.ASCII.GetString(entry.Raw.Span);
}
