using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Files;

public class AtomicFileCreationTests
{
    [Fact]
    public async Task Creates_OnceAmongMany()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("key");
        var attempts = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => AtomicFile.TryCreate(path, [(byte)i]))));
        Assert.Single(attempts, created => created);
        Assert.Equal((byte)Array.IndexOf(attempts, true), Assert.Single(File.ReadAllBytes(path)));
        Assert.Equal(["key"], Directory.EnumerateFiles(directory.Path).Select(Path.GetFileName));
    }

    // All meet just before they look whether the name is free, and do so often: a look and a rename would let two of them succeed.
    [Fact]
    public void Creates_OnceAmongMany_HoweverOftenTheyMeet()
    {
        const int rounds = 200;
        using var directory = new TemporaryDirectory();
        using var together = new Barrier(4);
        var created = new int[rounds];
        var threads = Enumerable.Range(0, together.ParticipantCount).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < rounds; i++)
            {
                together.SignalAndWait();
                if (AtomicFile.TryCreate(directory.File($"key{i}"), "x"u8))
                {
                    Interlocked.Increment(ref created[i]);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.All(created, times => Assert.Equal(1, times));
        Assert.Equal(rounds, Directory.EnumerateFiles(directory.Path).Count());
    }

    [Fact]
    public void Creates_WithTheModeAskedFor()
    {
        using var directory = new TemporaryDirectory();
        Assert.True(AtomicFile.TryCreate(directory.File("key"), "x"u8));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("key")));
        }
    }

    [Fact]
    public void Leaves_NothingBehind_WhenTheDirectoryIsMissing()
    {
        using var directory = new TemporaryDirectory();
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.TryCreate(directory.File("absent/key"), "x"u8));
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }
}
