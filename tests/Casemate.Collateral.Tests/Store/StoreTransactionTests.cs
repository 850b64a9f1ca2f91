using System.Text;
using Casemate.Attestation;
using Casemate.Collateral.Store;
using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Collateral.Tests.Store;

/// <summary>Many entries written as one: all or none, wherever it stops.</summary>
public sealed class StoreTransactionTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly CollateralKey Replaced = CollateralKey.TcbInfo(Tee.Sgx, "00606a000000");
    private static readonly CollateralKey Added = CollateralKey.QeIdentity(Tee.Tdx);
    private static readonly ProvisionedPlatform Machine = new() { QeId = "ab12", PceId = "0000", EncryptedPpid = "77" };

    // Two raw files, two small files, a machine and the journal.
    private const int Writes = 6;
    private const int Moves = 3;

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<int> EachWrite => [.. Enumerable.Range(1, Writes)];

    public static TheoryData<int> EachMove => [.. Enumerable.Range(1, Moves)];

    [Fact]
    public async Task Writes_AllOfThem_AndLeavesNothingElse()
    {
        var store = await FilledAsync();

        await store.WriteAllAsync([Entry(Replaced, "new"), Entry(Added, "added")], [Machine], default);

        await AssertAllAsync();
        Assert.Empty(Directory.GetDirectories(_directory.File("transactions")));
        Assert.Equal(5, Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Length);
    }

    [Theory]
    [MemberData(nameof(EachWrite))]
    public async Task HoldsNoneOfThem_WhenTheDiskIsFull_AtAnyWrite(int failing)
    {
        await FilledAsync();
        var before = Files();
        var count = 0;
        var full = new DirectoryCollateralStore(_directory.Path, 10, (path, content, mode) =>
        {
            if (++count == failing)
            {
                throw new IOException("No space left on device");
            }

            AtomicFile.Write(path, content, mode);
        });

        var refused = await Assert.ThrowsAsync<CollateralStoreException>(async () =>
            await full.WriteAllAsync([Entry(Replaced, "new"), Entry(Added, "added")], [Machine], default));

        Assert.Contains("No space left", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files());
        await AssertNoneAsync();
    }

    [Theory]
    [MemberData(nameof(EachWrite))]
    public async Task HoldsNoneOfThem_WhenItIsKilledBeforeItsJournalIsThere(int lost)
    {
        await FilledAsync();
        var count = 0;
        var dying = new DirectoryCollateralStore(_directory.Path, 10, (path, content, mode) =>
        {
            if (++count >= lost)
            {
                throw new OutOfMemoryException();
            }

            AtomicFile.Write(path, content, mode);
        });
        await Assert.ThrowsAsync<OutOfMemoryException>(async () =>
            await dying.WriteAllAsync([Entry(Replaced, "new"), Entry(Added, "added")], [Machine], default));

        // What a killed process has written, nobody removes before another one opens the store.
        var leftover = Directory.CreateDirectory(_directory.File($"transactions/{lost:x16}"));
        await File.WriteAllTextAsync(Path.Combine(leftover.FullName, "0"), "half of it", TestContext.Current.CancellationToken);

        await AssertNoneAsync();
        _ = DirectoryCollateralStore.Open(_directory.Path, DateTimeOffset.MaxValue.AddDays(-2));
        Assert.Empty(Directory.GetDirectories(_directory.File("transactions")));
    }

    [Theory]
    [MemberData(nameof(EachMove))]
    public async Task HoldsAllOfThem_WhenItIsKilledAfterItsJournal_AndOpenedAgain(int lost)
    {
        await FilledAsync();
        var count = 0;
        var dying = new DirectoryCollateralStore(_directory.Path, 10, AtomicFile.Write, (from, to) =>
        {
            if (++count >= lost)
            {
                throw new IOException("killed");
            }

            File.Move(from, to, overwrite: true);
        });
        await Assert.ThrowsAsync<CollateralStoreException>(async () =>
            await dying.WriteAllAsync([Entry(Replaced, "new"), Entry(Added, "added")], [Machine], default));

        await AssertAllAsync();
        Assert.Empty(Directory.GetDirectories(_directory.File("transactions")));
    }

    [Theory]
    [MemberData(nameof(EachMove))]
    public async Task Succeeds_WhenAnotherReplicaOpensTheStoreMeanwhile_AndCompletesIt(int meeting)
    {
        await FilledAsync();
        var count = 0;
        var store = new DirectoryCollateralStore(_directory.Path, 10, AtomicFile.Write, (from, to) =>
        {
            if (++count == meeting)
            {
                _ = DirectoryCollateralStore.Open(_directory.Path, Now);
            }

            File.Move(from, to, overwrite: true);
        });

        await store.WriteAllAsync([Entry(Replaced, "new"), Entry(Added, "added")], [Machine], default);

        await AssertAllAsync();
        Assert.Empty(Directory.GetDirectories(_directory.File("transactions")));
    }

    [Fact]
    public async Task DoesNotUndo_WhatAnotherReplicaFetchedSinceTheCrash()
    {
        await FilledAsync();
        var dying = new DirectoryCollateralStore(
            _directory.Path, 10, AtomicFile.Write, (_, _) => throw new IOException("killed"));
        await Assert.ThrowsAsync<CollateralStoreException>(async () =>
            await dying.WriteAllAsync([Entry(Replaced, "new")], [], default));
        var other = new DirectoryCollateralStore(_directory.Path, 10, AtomicFile.Write);
        await other.WriteAsync(Entry(Replaced, "newer") with { Fetched = Now.AddHours(5) }, default);

        var store = DirectoryCollateralStore.Open(_directory.Path, Now);

        Assert.Equal("newer", Text((await store.ReadAsync(Replaced, default)).Collateral!));
    }

    [Theory]
    [InlineData("0\t../outside.json\n")]
    [InlineData("0\ttcb-info/../../outside.json\n")]
    [InlineData("../../../etc/passwd\ttcb-info/x.about.json\n")]
    [InlineData("0\ttls/tls.json\n")]
    [InlineData("nonsense\n")]
    public void RefusesToOpen_WithAJournalThatNamesNoEntry(string journal)
    {
        var staging = Directory.CreateDirectory(_directory.File("transactions/0123456789abcdef")).FullName;
        File.WriteAllText(Path.Combine(staging, "0"), "anything");
        File.WriteAllText(Path.Combine(staging, "journal"), journal);

        var refused = Assert.Throws<CollateralStoreException>(() => DirectoryCollateralStore.Open(_directory.Path, Now));

        Assert.Contains("journal", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"remove {staging}", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory.File("outside.json")));
    }

    [Theory]
    [InlineData("nonsense\n0\tplatforms/machine.json\n", 2, true)]         // none of what was staged is missing
    [InlineData("nonsense\n0\tplatforms/machine.json\n", 1, false)]
    [InlineData("0\tplatforms/machi", 1, false)]                            // torn: how many there were, nobody knows
    public async Task Repair_SetsADamagedImportAside_AndTheStoreOpensAsItWas(string journal, int staged, bool isUntouched)
    {
        await FilledAsync();
        var staging = Directory.CreateDirectory(_directory.File("transactions/0123456789abcdef")).FullName;
        Enumerable.Range(0, staged).ToList().ForEach(number => File.WriteAllText(Path.Combine(staging, $"{number}"), "anything"));
        File.WriteAllText(Path.Combine(staging, "journal"), journal);

        var closed = Assert.Throws<CollateralStoreException>(() => DirectoryCollateralStore.Open(_directory.Path, Now));
        Assert.Contains($"'casemate collateral repair --dir {_directory.Path}'", closed.Message, StringComparison.Ordinal);
        Assert.Equal("Repair the directory, then import again.", closed.Remedy);

        var repair = Assert.Single(DirectoryCollateralStore.Repair(_directory.Path));

        Assert.Equal((false, isUntouched), (repair.IsCompleted, repair.IsUntouched));
        Assert.Contains("the journal is damaged", repair.Problem, StringComparison.Ordinal);
        Assert.Equal(journal, await File.ReadAllTextAsync(Path.Combine(repair.Place, "journal"), TestContext.Current.CancellationToken));
        await AssertNoneAsync();
        Assert.Empty(DirectoryCollateralStore.Repair(_directory.Path));
    }

    [Fact]
    public async Task Repair_CompletesWhatCanBeCompleted()
    {
        await FilledAsync();
        var dying = new DirectoryCollateralStore(_directory.Path, 10, AtomicFile.Write, (_, _) => throw new IOException("killed"));
        await Assert.ThrowsAsync<CollateralStoreException>(async () =>
            await dying.WriteAllAsync([Entry(Replaced, "new"), Entry(Added, "added")], [Machine], default));

        Assert.True(Assert.Single(DirectoryCollateralStore.Repair(_directory.Path)).IsCompleted);

        await AssertAllAsync();
    }

    [Fact]
    public async Task ADamagedImport_IsNotCompletedInPart()
    {
        await FilledAsync();
        var dying = new DirectoryCollateralStore(_directory.Path, 10, AtomicFile.Write, (_, _) => throw new IOException("killed"));
        await Assert.ThrowsAsync<CollateralStoreException>(async () =>
            await dying.WriteAllAsync([Entry(Replaced, "new"), Entry(Added, "added")], [Machine], default));
        var staging = Assert.Single(Directory.GetDirectories(_directory.File("transactions")));
        var journal = await File.ReadAllLinesAsync(Path.Combine(staging, "journal"), TestContext.Current.CancellationToken);
        journal[^1] = "2\t../../etc/passwd";
        await File.WriteAllLinesAsync(Path.Combine(staging, "journal"), journal, TestContext.Current.CancellationToken);

        Assert.Throws<CollateralStoreException>(() => DirectoryCollateralStore.Open(_directory.Path, Now));
        Assert.True(Assert.Single(DirectoryCollateralStore.Repair(_directory.Path)).IsUntouched);

        await AssertNoneAsync();
    }

    [Fact]
    public void MovesNothing_OutOfADirectoryThatATransactionOnlyLinksTo()
    {
        var elsewhere = Directory.CreateDirectory(_directory.File("elsewhere")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "0"), "somebody else's");
        File.WriteAllText(Path.Combine(elsewhere, "journal"), "0\tplatforms/machine.json\n");
        var store = Directory.CreateDirectory(_directory.File("store/transactions")).Parent!.FullName;
        Directory.CreateSymbolicLink(Path.Combine(store, "transactions", "0123456789abcdef"), elsewhere);

        _ = DirectoryCollateralStore.Open(store, Now);

        Assert.Equal(2, Directory.GetFiles(elsewhere).Length);
        Assert.Empty(Directory.GetFiles(Path.Combine(store, "platforms")));
    }

    [Fact]
    public void MovesNothing_IntoAFolderThatLeadsOutOfTheStore()
    {
        var elsewhere = Directory.CreateDirectory(_directory.File("elsewhere")).FullName;
        var staging = Directory.CreateDirectory(_directory.File("store/transactions/0123456789abcdef")).FullName;
        File.WriteAllText(Path.Combine(staging, "0"), "anything");
        File.WriteAllText(Path.Combine(staging, "journal"), "0\tplatforms/machine.json\n");
        Directory.CreateSymbolicLink(_directory.File("store/platforms"), elsewhere);

        var refused = Assert.Throws<CollateralStoreException>(() => DirectoryCollateralStore.Open(_directory.File("store"), Now));

        Assert.Contains("is a link", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(elsewhere));
    }

    [Fact]
    public async Task ReportsNoSuccess_WhenItsJournalCannotBeReadBack()
    {
        var store = new DirectoryCollateralStore(_directory.Path, 10, (path, content, mode) =>
            AtomicFile.Write(path, Path.GetFileName(path) == "journal" ? [] : content, mode));

        var refused = await Assert.ThrowsAsync<CollateralStoreException>(async () =>
            await store.WriteAllAsync([Entry(Added, "added")], [], default));

        Assert.Contains("not all are in place", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeepsToTheLimitOfEntries()
    {
        var store = new DirectoryCollateralStore(_directory.Path, 1, AtomicFile.Write);

        var refused = await Assert.ThrowsAsync<CollateralStoreException>(async () => await store.WriteAllAsync(
            [Entry(Replaced, "one"), Entry(CollateralKey.TcbInfo(Tee.Tdx, "00606a000000"), "two")], [], default));

        Assert.Contains("no room", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await store.ListAsync(default));
    }

    public void Dispose() => _directory.Dispose();

    private async Task<DirectoryCollateralStore> FilledAsync()
    {
        var store = DirectoryCollateralStore.Open(_directory.Path, Now);
        await store.WriteAsync(Entry(Replaced, "old"), default);
        return store;
    }

    private string[] Files() => [.. Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private async Task AssertNoneAsync()
    {
        var store = DirectoryCollateralStore.Open(_directory.Path, Now);
        Assert.Equal("old", Text((await store.ReadAsync(Replaced, default)).Collateral!));
        Assert.Equal([Replaced], await store.ListAsync(default));
        Assert.Null(await store.ReadPlatformAsync(Machine.QeId, Machine.PceId, default));
    }

    private async Task AssertAllAsync()
    {
        var store = DirectoryCollateralStore.Open(_directory.Path, Now);
        Assert.Equal("new", Text((await store.ReadAsync(Replaced, default)).Collateral!));
        Assert.Equal("added", Text((await store.ReadAsync(Added, default)).Collateral!));
        Assert.Equal(Machine.EncryptedPpid, (await store.ReadPlatformAsync(Machine.QeId, Machine.PceId, default))?.EncryptedPpid);
    }

    private static StoredCollateral Entry(CollateralKey key, string text) =>
        new(key, Encoding.UTF8.GetBytes(text), "chain\n"u8.ToArray(), Now, "test", null, null);

    private static string Text(StoredCollateral entry) => Encoding.UTF8.GetString(entry.Raw.Span);
}
