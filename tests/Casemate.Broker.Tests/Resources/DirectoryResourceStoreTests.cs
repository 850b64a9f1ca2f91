using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Broker.Tests.Resources;

public sealed class DirectoryResourceStoreTests : IDisposable
{
    private static readonly ResourcePath Key1 = ResourcePath.Parse("default/key/1");
    private static readonly ResourcePath Key2 = ResourcePath.Parse("default/key/2");
    private readonly TemporaryDirectory _directory = new();

    private string Folder => _directory.File("resources");

    public void Dispose() => _directory.Dispose();

    private DirectoryResourceStore Open(int maxSize = DirectoryResourceStore.DefaultMaxResourceSize) =>
        DirectoryResourceStore.Open(Folder, null, maxSize);

    private string[] Files() => [.. Directory.EnumerateFiles(Folder, "*.sealed").Order()];

    [Fact]
    public async Task Keeps_WhatWasStored_AlsoAfterReopening()
    {
        using (var store = Open())
        {
            await store.PutAsync(Key1, "one"u8.ToArray());
            await store.PutAsync(Key2, "two"u8.ToArray());
            await store.PutAsync(Key1, "one again"u8.ToArray());
        }

        using var reopened = Open();
        Assert.Equal("one again"u8.ToArray(), await reopened.GetAsync(Key1));
        Assert.Equal([Key1, Key2], await reopened.ListAsync());
        Assert.Null(await reopened.GetAsync(ResourcePath.Parse("default/key/3")));
        Assert.True(await reopened.DeleteAsync(Key1));
        Assert.False(await reopened.DeleteAsync(Key1));
        Assert.Null(await reopened.GetAsync(Key1));
        Assert.Equal([Key2], await reopened.ListAsync());
    }

    [Fact]
    public async Task Seals_NameAndContent_AndHidesTheNameOfTheFile()
    {
        using var store = Open();
        await store.PutAsync(ResourcePath.Parse("bank/password/production"), "correct horse battery staple"u8.ToArray());
        var file = Assert.Single(Files());
        var bytes = Encoding.Latin1.GetString(File.ReadAllBytes(file));
        Assert.DoesNotContain("horse", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("production", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("production", file, StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{64}\\.sealed$", Path.GetFileName(file));
    }

    [Fact]
    public async Task Seals_TheSameContentDifferentlyEachTime()
    {
        using var store = Open();
        await store.PutAsync(Key1, "same"u8.ToArray());
        var first = File.ReadAllBytes(Assert.Single(Files()));
        await store.PutAsync(Key1, "same"u8.ToArray());
        Assert.NotEqual(first, File.ReadAllBytes(Assert.Single(Files())));
    }

    [Fact]
    public async Task Files_CanBeReadByTheirOwnerAlone()
    {
        using var store = Open();
        await store.PutAsync(Key1, "x"u8.ToArray());
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode ownerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(ownerFile, File.GetUnixFileMode(store.KeyFile));
            Assert.Equal(ownerFile, File.GetUnixFileMode(Assert.Single(Files())));
            Assert.Equal(ownerFile | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
            Assert.True(store.IsKeyFilePrivate);
            File.SetUnixFileMode(store.KeyFile, ownerFile | UnixFileMode.GroupRead);
            Assert.False(store.IsKeyFilePrivate);
        }
    }

    [Fact]
    public async Task Tells_DamagedFromAbsent_ForEveryChangedByte()
    {
        using var store = Open();
        await store.PutAsync(Key1, "content"u8.ToArray());
        var file = Assert.Single(Files());
        var sealedBytes = File.ReadAllBytes(file);
        for (var i = 0; i < sealedBytes.Length; i++)
        {
            var changed = (byte[])sealedBytes.Clone();
            changed[i] ^= 0x40;
            File.WriteAllBytes(file, changed);
            if (i is >= 28 and < 40 || (i >= SealedHeader && i < SealedHeader + Key1.ToString().Length + 16))
            {
                // Nonce, name and tag of the name: the header is bound to the content too; the sealed name itself is not needed to read it.
                await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.ListAsync());
                continue;
            }

            await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.GetAsync(Key1));
        }

        for (var length = 0; length < sealedBytes.Length; length += 7)
        {
            File.WriteAllBytes(file, sealedBytes[..length]);
            await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.GetAsync(Key1));
        }

        File.WriteAllBytes(file, [.. sealedBytes, 0]);
        await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.GetAsync(Key1));
        File.Delete(file);
        Assert.Null(await store.GetAsync(Key1));
    }

    private const int SealedHeader = 52;

    [Fact]
    public async Task Refuses_AFileThatWasMovedToAnotherName()
    {
        using var store = Open();
        await store.PutAsync(Key1, "first"u8.ToArray());
        var first = Assert.Single(Files());
        await store.PutAsync(Key2, "second"u8.ToArray());
        var second = Files().Single(f => f != first);
        File.Copy(first, second, overwrite: true);
        var e = await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.GetAsync(Key2));
        Assert.Contains("belongs to another name", e.Message, StringComparison.Ordinal);
        Assert.Equal(second, e.File);
        e = await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.ListAsync());
        Assert.Contains("another resource's file name", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_OtherFormatVersions_ByName()
    {
        using var store = Open();
        await store.PutAsync(Key1, "x"u8.ToArray());
        var file = Assert.Single(Files());
        var bytes = File.ReadAllBytes(file);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), 2);
        File.WriteAllBytes(file, bytes);
        var e = await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.GetAsync(Key1));
        Assert.Contains("format version is 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_EmptyAndOversizedContent()
    {
        using var store = Open(maxSize: 100);
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.PutAsync(Key1, ReadOnlyMemory<byte>.Empty));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.PutAsync(Key1, new byte[101]));
        await store.PutAsync(Key1, new byte[100]);
        Assert.Equal(100, (await store.GetAsync(Key1))!.Length);
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.GetAsync(default));
    }

    [Fact]
    public async Task Reads_WhatWasStoredUnderALargerLimit()
    {
        using (var store = Open(maxSize: 1000))
        {
            await store.PutAsync(Key1, new byte[1000]);
        }

        using var smaller = Open(maxSize: 10);
        Assert.Equal(1000, (await smaller.GetAsync(Key1))!.Length);
    }

    [Fact]
    public async Task Refuses_ToStartAnew_WhenTheKeyFileIsGone()
    {
        using (var store = Open())
        {
            await store.PutAsync(Key1, "x"u8.ToArray());
            File.Delete(store.KeyFile);
        }

        var e = Assert.Throws<InvalidDataException>(Open);
        Assert.Contains("key file", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Folder + ".key"));
    }

    private DirectoryResourceStore Open() => DirectoryResourceStore.Open(Folder);

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"version":2,"nameKey":"","keys":[]}""")]
    [InlineData("""{"version":1,"nameKey":"AAAA","keys":[]}""")]
    [InlineData("""{"version":1,"keys":[{"id":"AAAA","key":"AAAA"}]}""")]
    [InlineData("not json")]
    public void Refuses_DamagedKeyFiles(string content)
    {
        Directory.CreateDirectory(_directory.Path);
        File.WriteAllText(Folder + ".key", content);
        Assert.Contains("cannot be used", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_ResourcesOfAnotherKey()
    {
        using (var store = Open())
        {
            await store.PutAsync(Key1, "x"u8.ToArray());
        }

        var file = Assert.Single(Files());
        using var other = DirectoryResourceStore.Open(_directory.File("other"));
        File.Copy(_directory.File("other.key"), Folder + ".key", overwrite: true);
        using var mixed = Open();
        Assert.Null(await mixed.GetAsync(Key1));                           // another key, another file name
        var e = await Assert.ThrowsAsync<ResourceDamagedException>(async () => await mixed.ListAsync());
        Assert.Contains("the key file does not hold", e.Message, StringComparison.Ordinal);
        Assert.Equal(file, e.File);
    }

    [Fact]
    public async Task Survives_AWriteThatNeverEnded()
    {
        string interrupted;
        using (var store = Open())
        {
            await store.PutAsync(Key1, "kept"u8.ToArray());
            // What a killed process leaves: a part of a new file under a temporary name, never under the final one.
            interrupted = Path.Combine(Folder, ".tmp-0123456789abcdef");
            File.WriteAllBytes(interrupted, File.ReadAllBytes(Assert.Single(Files()))[..30]);
            Assert.True(AtomicFile.IsLeftover(interrupted));
            Assert.Equal([Key1], await store.ListAsync());
        }

        using var reopened = Open();
        Assert.False(File.Exists(interrupted));
        Assert.Equal("kept"u8.ToArray(), await reopened.GetAsync(Key1));
    }

    [Fact]
    public async Task Leaves_TheOldContent_WhenAWriteFails()
    {
        if (OperatingSystem.IsWindows() || Environment.UserName == "root")
        {
            // Root writes where it may not: fail the write by taking the final name away instead.
            using var asRoot = Open();
            await asRoot.PutAsync(Key1, "old"u8.ToArray());
            var target = Assert.Single(Files());
            var copy = File.ReadAllBytes(target);
            File.Delete(target);
            Directory.CreateDirectory(target);
            await Assert.ThrowsAnyAsync<Exception>(async () => await asRoot.PutAsync(Key1, "new"u8.ToArray()));
            Assert.DoesNotContain(Directory.EnumerateFiles(Folder), f => AtomicFile.IsLeftover(f));
            Directory.Delete(target);
            File.WriteAllBytes(target, copy);
            Assert.Equal("old"u8.ToArray(), await asRoot.GetAsync(Key1));
            return;
        }

        using var store = Open();
        await store.PutAsync(Key1, "old"u8.ToArray());
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await Assert.ThrowsAnyAsync<UnauthorizedAccessException>(async () => await store.PutAsync(Key1, "new"u8.ToArray()));
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal("old"u8.ToArray(), await store.GetAsync(Key1));
    }

    [Fact]
    public async Task Leaves_TemporaryFilesOfLivingProcessesAlone()
    {
        using var serving = Open();
        var underWay = Path.Combine(Folder, ".tmp-fedcba9876543210");
        File.WriteAllText(underWay, "being written");
        using (var other = Open())
        {
            await other.PutAsync(Key1, "x"u8.ToArray());
        }

        Assert.True(File.Exists(underWay));
        Assert.Equal("x"u8.ToArray(), await serving.GetAsync(Key1));
    }

    [Fact]
    public async Task Serves_ManyWritersAndReaders_OfSeveralInstances()
    {
        var stores = Enumerable.Range(0, 4).Select(_ => Open()).ToArray();
        try
        {
            await stores[0].PutAsync(Key1, Pattern(0));
            await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
            {
                for (var i = 0; i < 40; i++)
                {
                    var store = stores[(worker + i) % stores.Length];
                    if (worker % 2 == 0)
                    {
                        await store.PutAsync(Key1, Pattern((byte)(worker * 40 + i)));
                    }
                    else
                    {
                        var content = await store.GetAsync(Key1);
                        Assert.Equal(Pattern(content![0]), content);       // always one whole version
                        Assert.Equal([Key1], await store.ListAsync());
                    }
                }
            })));
        }
        finally
        {
            Array.ForEach(stores, s => s.Dispose());
        }

        static byte[] Pattern(byte b) => [.. Enumerable.Repeat(b, 5000 + b)];
    }

    [Fact]
    public async Task Makes_OneKey_WhenSeveralInstancesStartTogether()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(Open)));
        try
        {
            await Task.WhenAll(stores.Select((s, i) => s.PutAsync(ResourcePath.Parse($"a/b/{i}"), new[] { (byte)i }).AsTask()));
            foreach (var store in stores)
            {
                Assert.Equal(8, (await store.ListAsync()).Count);
                Assert.Equal([7], await store.GetAsync(ResourcePath.Parse("a/b/7")));
            }
        }
        finally
        {
            Array.ForEach(stores, s => s.Dispose());
        }
    }

    [Fact]
    public async Task Rotates_TheKey_AndKeepsEverythingReadable()
    {
        using var store = Open();
        await store.PutAsync(Key1, "one"u8.ToArray());
        await store.PutAsync(Key2, "two"u8.ToArray());
        var before = Files();
        var oldKeys = File.ReadAllText(store.KeyFile);
        var oldBytes = File.ReadAllBytes(before[0]);
        await store.RotateKeyAsync();
        Assert.Equal(before, Files());
        Assert.NotEqual(oldKeys, File.ReadAllText(store.KeyFile));
        Assert.NotEqual(oldBytes.AsSpan(12, 16).ToArray(), File.ReadAllBytes(before[0]).AsSpan(12, 16).ToArray());
        Assert.Equal("one"u8.ToArray(), await store.GetAsync(Key1));
        Assert.Equal("two"u8.ToArray(), await store.GetAsync(Key2));

        // The old key is forgotten: what was sealed with it is not openable any more.
        File.WriteAllBytes(before[0], oldBytes);
        await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.ListAsync());
    }

    [Fact]
    public async Task Refuses_ToRotate_WhileAnotherUsesTheDirectory()
    {
        using var store = Open();
        await store.PutAsync(Key1, "x"u8.ToArray());
        using (Open())
        {
            var e = await Assert.ThrowsAsync<IOException>(async () => await store.RotateKeyAsync());
            Assert.Contains("in use by another process", e.Message, StringComparison.Ordinal);
        }

        await store.RotateKeyAsync();
        Assert.Equal("x"u8.ToArray(), await store.GetAsync(Key1));
    }

    [Fact]
    public async Task Rotation_CanBeTakenUpAgainAfterAnInterruption()
    {
        using (var store = Open())
        {
            await store.PutAsync(Key1, "one"u8.ToArray());
            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.RotateKeyAsync(cancelled.Token));
            Assert.Equal("one"u8.ToArray(), await store.GetAsync(Key1));
        }

        using var reopened = Open();
        Assert.Equal("one"u8.ToArray(), await reopened.GetAsync(Key1));
        await reopened.RotateKeyAsync();
        Assert.Equal("one"u8.ToArray(), await reopened.GetAsync(Key1));
    }

    [Fact]
    public async Task Never_FailsOtherwise_OnRandomFiles()
    {
        using var store = Open();
        await store.PutAsync(Key1, "x"u8.ToArray());
        var file = Assert.Single(Files());
        var genuine = File.ReadAllBytes(file);
        var random = new Random(9);
        for (var i = 0; i < 300; i++)
        {
            var bytes = RandomNumberGenerator.GetBytes(random.Next(200));
            genuine.AsSpan(0, Math.Min(random.Next(60), bytes.Length)).CopyTo(bytes);
            File.WriteAllBytes(file, bytes);
            await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.GetAsync(Key1));
            await Assert.ThrowsAsync<ResourceDamagedException>(async () => await store.ListAsync());
        }
    }
}
