using System.Net.Sockets;
using System.Runtime.Versioning;
using Casemate.Primitives.Sockets;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Sockets;

/// <summary>The file of a socket: what it looks like, what it replaces, and what nobody can make it do to other files.</summary>
[SupportedOSPlatform("linux")]
public sealed class SocketFileTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Everyone =
        Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory.File("s.socket");

    [Theory]
    [InlineData(Owner)]
    [InlineData(Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite)]
    [InlineData(Everyone)]
    [InlineData(Owner | UnixFileMode.OtherWrite)]
    public void HasItsMode_WhateverTheUmask_AndLeavesNothingBesideIt(UnixFileMode mode)
    {
        using var file = Listen(mode);

        Assert.Equal(mode, File.GetUnixFileMode(Path));
        Assert.Equal([Path], Directory.GetFileSystemEntries(_directory.Path));
        Assert.True(file.IsInPlace);
    }

    [Fact]
    public void ReplacesASocketThatADeadProcessLeft()
    {
        LeaveDead(Path);

        using var file = Listen();

        Connect();
        Assert.Equal([Path], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void LeavesASocketThatIsServedAlone()
    {
        using var first = Listen();

        var refused = Assert.Throws<SocketFileException>(() => Listen());

        Assert.True(refused.IsTaken);
        Assert.Equal($"Another process listens on {Path}.", refused.Message);
        Assert.True(first.IsInPlace);
        Assert.Equal([Path], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void LeavesWhatIsNoSocketAlone()
    {
        File.WriteAllText(Path, "mine");

        Assert.Contains("is not a socket", Assert.Throws<SocketFileException>(() => Listen()).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path));
    }

    [Theory]
    [InlineData("victim")]
    [InlineData("nothing")]
    public void DoesNotFollowALink_WhereItsFileIsToBe(string target)
    {
        File.WriteAllText(_directory.File("victim"), "theirs");
        File.CreateSymbolicLink(Path, _directory.File(target));

        Assert.Contains("is not a socket", Assert.Throws<SocketFileException>(() => Listen()).Message, StringComparison.Ordinal);
        Assert.Equal("theirs", File.ReadAllText(_directory.File("victim")));
        Assert.False(File.Exists(_directory.File("nothing")));
    }

    [Fact]
    public void CaresForNoLockFile_ThatSomebodyElseCouldHoldOrLeadElsewhere()
    {
        File.CreateSymbolicLink(_directory.File(".aesm.lock"), _directory.File("nothing"));

        using var file = Listen();

        Assert.True(file.IsInPlace);
        Assert.False(File.Exists(_directory.File("nothing")));
    }

    [Fact]
    public void ChangesTheModeOfNoOtherFile_HoweverFastTheNewSocketIsExchanged()
    {
        var victim = _directory.File("victim");
        File.WriteAllText(victim, "theirs");
        File.SetUnixFileMode(victim, Owner);
        var sockets = Directory.CreateDirectory(_directory.File("sockets")).FullName;
        using var stop = new CancellationTokenSource();
        var attack = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var fresh in Directory.GetFileSystemEntries(sockets, ".new-*"))
                {
                    try
                    {
                        File.Delete(fresh);
                        File.CreateSymbolicLink(fresh, victim);
                    }
                    catch (IOException)
                    {
                        // Too late for this one: it has its name already.
                    }
                }
            }
        });
        attack.Start();
        try
        {
            for (var attempt = 0; attempt < 200; attempt++)
            {
                try
                {
                    SocketFile.Listen(System.IO.Path.Combine(sockets, "s.socket"), Everyone, 1, makeDirectory: false).Dispose();
                }
                catch (SocketFileException)
                {
                    // Refused, because somebody else's file was in the way: as it should be. Cleared for the next attempt.
                    File.Delete(System.IO.Path.Combine(sockets, "s.socket"));
                }

                Assert.Equal(Owner, File.GetUnixFileMode(victim));
            }
        }
        finally
        {
            stop.Cancel();
            attack.Join();
        }

        Assert.Equal("theirs", File.ReadAllText(victim));
    }

    [Fact]
    public async Task OfTwoThatStartAtOnce_NotBothListen()
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            LeaveDead(Path);
            using var both = new Barrier(2);
            var started = await Task.WhenAll(Start(), Start());

            var listening = started.OfType<SocketFile>().ToList();
            Assert.InRange(listening.Count, 0, 1);
            Assert.All(listening, file => Assert.True(file.IsInPlace));
            listening.ForEach(file => file.Dispose());
            File.Delete(Path);

            Task<SocketFile?> Start() => Task.Factory.StartNew(
                () =>
                {
                    both.SignalAndWait();
                    try
                    {
                        return Listen();
                    }
                    catch (SocketFileException refused)
                    {
                        Assert.True(refused.IsTaken);
                        return null;
                    }
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    [Fact]
    public void MakesItsDirectory_OnlyWhenAsked()
    {
        var path = _directory.File("made/s.socket");
        Assert.StartsWith(
            "Check that the directory is there",
            Assert.Throws<SocketFileException>(() => SocketFile.Listen(path, Owner, 1, makeDirectory: false)).Remedy, StringComparison.Ordinal);

        using var file = SocketFile.Listen(path, Owner, 1, makeDirectory: true);

        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(_directory.File("made")));               // 0755
    }

    [Fact]
    public void KnowsWhereItsNameLeads()
    {
        using var file = Listen();
        File.Delete(Path);
        Assert.Null(file.IsInPlace);

        using var other = Listen();

        Assert.False(file.IsInPlace);
        file.Remove();
        Assert.True(other.IsInPlace);
    }

    [Fact]
    public async Task NamesTheProcessAtTheOtherEnd()
    {
        using var file = Listen();
        using var client = Connect();
        using var accepted = await file.Socket.AcceptAsync(TestContext.Current.CancellationToken);

        Assert.True(PeerCredential.TryRead(accepted, out var peer));
        Assert.Equal(Environment.ProcessId, peer.ProcessId);
        accepted.Dispose();
        Assert.False(PeerCredential.TryRead(accepted, out _));
    }

    [Theory]
    [InlineData(0x1ED, false)]                                             // 0755
    [InlineData(0x1FD, false)]                                             // 0775: a group is one that somebody chose
    [InlineData(0x3FF, false)]                                             // 1777: nobody takes another's file away
    [InlineData(0x1FF, true)]                                              // 0777
    [InlineData(0x1C2, true)]                                              // 0702
    public void ADirectoryInWhichEverybodyMayWrite_IsSaidSo(int mode, bool expected)
    {
        var directory = Directory.CreateDirectory(_directory.File("d")).FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)mode);

        var caution = SocketDirectory.Caution(directory);

        Assert.Equal(expected, caution is not null);
        if (expected)
        {
            Assert.EndsWith($"chmod o-w {directory}", caution, StringComparison.Ordinal);
        }

        Assert.Null(SocketDirectory.Caution(_directory.File("none")));
    }

    public void Dispose() => _directory.Dispose();

    private SocketFile Listen(UnixFileMode mode = Owner) => SocketFile.Listen(Path, mode, 4, makeDirectory: false);

    private Socket Connect()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(Path));
        return client;
    }

    private static void LeaveDead(string path)
    {
        // Renamed after the bind, so that closing the socket does not remove the file.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
        socket.Listen();
        File.Move(path + ".bound", path);
    }
}
