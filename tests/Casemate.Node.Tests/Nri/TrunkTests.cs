using System.Buffers.Binary;
using Casemate.Node.Nri;
using Casemate.Testing;

namespace Casemate.Node.Tests.Nri;

/// <summary>NRI's socket, cut into connections; the runtime's end is played byte by byte.</summary>
public sealed class TrunkTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));
    private SocketPair _pair = null!;
    private Trunk _trunk = null!;

    public async ValueTask InitializeAsync()
    {
        _pair = await SocketPair.ConnectAsync();
        _trunk = new Trunk(_pair.Ours, _time);
    }

    public ValueTask DisposeAsync()
    {
        _trunk.Dispose();
        _pair.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 1, 0, 0x40, 0, 0x0B })]              // a byte more than the longest message with its header
    [InlineData(new byte[] { 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0, 0, 0 })]
    public void RefusesHeaders_ThatAreTooLongOrTooShort(byte[] header)
    {
        Assert.False(TrunkHeader.TryRead(header, out var read));
        Assert.Equal(default, read);
    }

    [Fact]
    public void Header_IsConnectionAndLength_BigEndian()
    {
        var bytes = new byte[TrunkHeader.Size];
        new TrunkHeader(2, TrunkHeader.MaximumLength).Write(bytes);

        Assert.Equal([0, 0, 0, 2, 0, 0x40, 0, 0x0A], bytes);
        Assert.True(TrunkHeader.TryRead(bytes, out var header));
        Assert.Equal(new TrunkHeader(2, TrunkHeader.MaximumLength), header);
    }

    [Fact]
    public async Task HandsOn_WhatArrives_ToEachConnection()
    {
        var running = _trunk.RunAsync(CancellationToken.None);
        await SendAsync(2, [1, 2]);
        await SendAsync(1, [10]);
        await SendAsync(7, [99, 99]);                                      // of a connection that nobody opened
        await SendAsync(0, []);
        await SendAsync(1, [11, 12]);
        _pair.Theirs.Dispose();

        Assert.Equal([10, 11, 12], await ReadAllAsync(_trunk.PluginService));
        Assert.Equal([1, 2], await ReadAllAsync(_trunk.RuntimeService));
        await running;
    }

    [Fact]
    public async Task HandsOn_ALongMessage_Unchanged()
    {
        var running = _trunk.RunAsync(CancellationToken.None);
        var message = Enumerable.Range(0, 300_000).Select(i => (byte)(i % 251)).ToArray();
        var reading = ReadAllAsync(_trunk.PluginService);
        await SendAsync(1, message[..10]);
        await SendAsync(1, message[10..]);
        _pair.Theirs.Dispose();

        Assert.Equal(message, await reading);
        await running;
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(4096, new[] { 4096 })]
    [InlineData(4097, new[] { 4096, 1 })]
    [InlineData(8192, new[] { 4096, 4096 })]
    [InlineData(8193, new[] { 4096, 4097 })]
    [InlineData(100_000, new[] { 4096, 95_904 })]
    public async Task WritesAMessage_InPiecesThatTheRuntimeCanRead(int length, int[] pieces)
    {
        var message = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var writing = _trunk.RuntimeService.WriteAsync(message).AsTask();

        var read = new List<byte>();
        foreach (var piece in pieces)
        {
            var header = new byte[TrunkHeader.Size];
            await _pair.Theirs.ReadExactlyAsync(header);
            Assert.Equal((2u, piece), (BinaryPrimitives.ReadUInt32BigEndian(header), BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4))));
            var data = new byte[piece];
            await _pair.Theirs.ReadExactlyAsync(data);
            read.AddRange(data);
        }

        await writing;
        Assert.Equal(message, read);
    }

    [Fact]
    public async Task Ends_BeforeItReadsMoreThanThereMayBe()
    {
        var running = _trunk.RunAsync(CancellationToken.None);
        await _pair.Theirs.WriteAsync(new byte[] { 0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF });

        await Assert.ThrowsAsync<InvalidDataException>(() => running);
        Assert.Empty(await ReadAllAsync(_trunk.PluginService));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0, 0, 0, 5, 1, 2 })]
    [InlineData(new byte[] { 0, 0, 0, 9, 0, 0, 0, 5, 1, 2 })]
    public async Task Ends_WhenTheSocketIsClosedWithinAPiece(byte[] bytes)
    {
        var running = _trunk.RunAsync(CancellationToken.None);
        await _pair.Theirs.WriteAsync(bytes);
        _pair.Theirs.Dispose();

        await Assert.ThrowsAsync<InvalidDataException>(() => running);
    }

    [Fact]
    public async Task GivesUp_APeerThatBeginsAndDoesNotEnd()
    {
        var running = _trunk.RunAsync(CancellationToken.None);
        await _pair.Theirs.WriteAsync(new byte[] { 0, 0, 0, 1, 0, 0, 0, 5, 1 });

        await PassAsync(running);

        Assert.Contains("did not end within 10 s", (await Assert.ThrowsAsync<IOException>(() => running)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GivesUp_APeerThatDoesNotRead()
    {
        var writing = WriteManyAsync();

        await PassAsync(writing);

        Assert.Contains("did not take a message", (await Assert.ThrowsAsync<IOException>(() => writing)).Message, StringComparison.Ordinal);

        async Task WriteManyAsync()
        {
            for (var i = 0; i < 1000; i++)
            {
                await _trunk.PluginService.WriteAsync(new byte[1 << 20]);
            }
        }
    }

    [Fact]
    public async Task WaitsForEver_ForAPeerThatSaysNothing()
    {
        var running = _trunk.RunAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromDays(30));
        await SendAsync(1, [7]);
        _pair.Theirs.Dispose();

        Assert.Equal([7], await ReadAllAsync(_trunk.PluginService));
        await running;
    }

    // A timer can be made a little after the step that it guards has begun.
    private async Task PassAsync(Task waiting)
    {
        while (!waiting.IsCompleted)
        {
            _time.Advance(Trunk.Patience);
            await Task.WhenAny(waiting, Task.Delay(10));
        }
    }

    private async Task SendAsync(uint connection, byte[] data)
    {
        var bytes = new byte[TrunkHeader.Size + data.Length];
        new TrunkHeader(connection, data.Length).Write(bytes);
        data.CopyTo(bytes, TrunkHeader.Size);
        await _pair.Theirs.WriteAsync(bytes);
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}
