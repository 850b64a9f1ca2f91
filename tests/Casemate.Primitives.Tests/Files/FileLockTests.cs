using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Files;

public class FileLockTests
{
    [Fact]
    public void Is_HeldByOneAtATime()
    {
        using var directory = new TemporaryDirectory();
        var first = FileLock.TryAcquire(directory.File("lock"));
        Assert.NotNull(first);
        Assert.Null(FileLock.TryAcquire(directory.File("lock")));
        first.Dispose();
        first.Dispose();
        using var second = FileLock.TryAcquire(directory.File("lock"));
        Assert.NotNull(second);
    }

    [Fact]
    public void Tells_OnlyTheFirstUserThatItIsAlone()
    {
        using var directory = new TemporaryDirectory();
        var first = FileLock.Join(directory.File("lock"), out var alone);
        Assert.True(alone);
        first.LetOthersIn();
        using var second = FileLock.Join(directory.File("lock"), out alone);
        Assert.False(alone);
        first.Dispose();
        Assert.Null(FileLock.TryAcquire(directory.File("lock")));
        using var third = FileLock.Join(directory.File("lock"), out alone);
        Assert.False(alone);
    }

    [Fact]
    public async Task Waits_WhileAnotherUserIsAlone()
    {
        using var directory = new TemporaryDirectory();
        using var first = FileLock.Join(directory.File("lock"), out _);
        var entered = new TaskCompletionSource();
        var joining = Task.Run(() =>
        {
            entered.SetResult();
            return FileLock.Join(directory.File("lock"), out _);
        });
        await entered.Task;
        Assert.False(joining.IsCompleted);
        first.LetOthersIn();
        (await joining).Dispose();
    }

    [Fact]
    public void Becomes_AloneAgain_OnceTheOthersHaveLeft()
    {
        using var directory = new TemporaryDirectory();
        using var first = FileLock.Join(directory.File("lock"), out _);
        first.LetOthersIn();
        var second = FileLock.Join(directory.File("lock"), out _);
        Assert.False(first.TryBecomeAlone());
        second.Dispose();
        Assert.True(first.TryBecomeAlone());
        Assert.Null(FileLock.TryAcquire(directory.File("lock")));
    }

    [Fact]
    public void Says_WhatIsWrong_WhenTheDirectoryIsMissing()
    {
        using var directory = new TemporaryDirectory();
        Assert.ThrowsAny<IOException>(() => FileLock.TryAcquire(directory.File("absent/lock")));
    }
}
