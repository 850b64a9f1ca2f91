using System.Net.Sockets;
using System.Runtime.Versioning;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Testing;

namespace Casemate.Rpc.Tests.Server;

/// <summary>The file of the socket: when it is taken over, what it looks like, and whose it is.</summary>
[SupportedOSPlatform("linux")]
public sealed class SocketTests
{
    private static RpcServerOptions OptionsFor(string path) => new() { SocketPath = path, Methods = [] };

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)]
    public async Task TheFile_HasItsMode_WhateverTheUmask(UnixFileMode mode)
    {
        await using var fixture = await RpcFixture.StartAsync(options => options with { Mode = mode });

        Assert.Equal(mode, File.GetUnixFileMode(fixture.SocketPath));
        Assert.Equal([fixture.SocketPath], Directory.GetFileSystemEntries(Path.GetDirectoryName(fixture.SocketPath)!));
    }

    [Fact]
    public async Task ASocketThatADeadProcessLeft_IsReplaced()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("p.sock");
        LeaveDead(path);
        Assert.True(File.Exists(path));

        await using var server = await RpcServer.StartAsync(OptionsFor(path), CancellationToken.None);

        Assert.True(server.SocketExists);
    }

    [Fact]
    public async Task ASocketThatIsServed_IsLeftAlone()
    {
        await using var fixture = await RpcFixture.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcEndpointException>(
            () => RpcServer.StartAsync(OptionsFor(fixture.SocketPath), CancellationToken.None));

        Assert.Equal($"Another process listens on {fixture.SocketPath}.", failure.Message);
        Assert.True(fixture.Server.SocketExists);
        await fixture.Client().CallAsync(
            KubeletMethods.Allocate, new AllocateRequest(), AllocateResponse.Parser, TaskPatience.Limit, CancellationToken.None);
    }

    [Fact]
    public async Task AFileThatIsNoSocket_IsLeftAlone()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("p.sock"), "mine");

        await Assert.ThrowsAsync<RpcEndpointException>(
            () => RpcServer.StartAsync(OptionsFor(directory.File("p.sock")), CancellationToken.None));

        Assert.Equal("mine", await File.ReadAllTextAsync(directory.File("p.sock")));
    }

    [Fact]
    public async Task ADirectoryThatIsNotThere_IsSaidSo()
    {
        using var directory = new TemporaryDirectory();

        var failure = await Assert.ThrowsAsync<RpcEndpointException>(
            () => RpcServer.StartAsync(OptionsFor(directory.File("none/p.sock")), CancellationToken.None));

        Assert.StartsWith("Check that the directory is there", failure.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(107, true)]
    [InlineData(108, false)]
    public async Task APath_HasAtMost107Bytes(int length, bool fits)
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Path + "/" + new string('n', length - directory.Path.Length - 1);

        if (fits)
        {
            await using var server = await RpcServer.StartAsync(OptionsFor(path), CancellationToken.None);
            Assert.True(server.SocketExists);
        }
        else
        {
            await Assert.ThrowsAsync<RpcEndpointException>(() => RpcServer.StartAsync(OptionsFor(path), CancellationToken.None));
            Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
        }
    }

    [Fact]
    public async Task AfterTheFileWasDeleted_TheServerKnows()
    {
        await using var fixture = await RpcFixture.StartAsync();
        Assert.True(fixture.Server.SocketExists);

        File.Delete(fixture.SocketPath);

        Assert.False(fixture.Server.SocketExists);
    }

    [Fact]
    public async Task AFileThatSomebodyElsePutThere_StaysAfterTheStop()
    {
        await using var fixture = await RpcFixture.StartAsync();
        File.Delete(fixture.SocketPath);
        await using var other = await RpcServer.StartAsync(OptionsFor(fixture.SocketPath), CancellationToken.None);

        Assert.False(fixture.Server.SocketExists);
        await fixture.Server.DisposeAsync();

        Assert.True(other.SocketExists);
    }

    [Fact]
    public async Task OptionsThatCannotBeUsed_AreAllNamed()
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => RpcServer.StartAsync(
            OptionsFor("p.sock") with { MaxRequestBytes = 0, MaxConnections = 0, RequestTimeout = TimeSpan.Zero }, CancellationToken.None));

        Assert.All(
            ["SocketPath", "MaxRequestBytes", "MaxConnections", "RequestTimeout"],
            name => Assert.Contains(name, failure.Message, StringComparison.Ordinal));
    }

    private static void LeaveDead(string path)
    {
        // Renamed after the bind, so that closing the socket does not remove the file.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + ".new"));
        socket.Listen();
        File.Move(path + ".new", path);
    }
}
