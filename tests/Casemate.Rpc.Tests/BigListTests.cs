using System.Buffers;
using System.Buffers.Text;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Tests.Wire;
using Casemate.Testing;

namespace Casemate.Rpc.Tests;

/// <summary>Lists that write themselves, up to the limit of the kubelet.</summary>
public sealed class BigListTests
{
    private const int KubeletLimit = 4_194_304;

    [Fact]
    public async Task AListOfExactlyTheLimit_IsTaken()
    {
        var list = DeviceList.OfLength(KubeletLimit);
        await using var fixture = await RpcFixture.StartAsync();
        fixture.ListAndWatch = (stream, _) => stream.WriteEncodedAsync(list).AsTask();

        var lists = await ReadAllAsync(fixture.Client(KubeletLimit));

        Assert.Equal(262_144, lists.Single().Devices.Count);
        Assert.Equal(KubeletLimit, lists.Single().CalculateSize());
        Assert.Equal("00000", lists.Single().Devices[0].ID[..5]);
        Assert.All(lists.Single().Devices, device => Assert.StartsWith("H", device.Health, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AListOfOneByteMore_IsRefused()
    {
        var list = DeviceList.OfLength(KubeletLimit + 1);
        await using var fixture = await RpcFixture.StartAsync();
        fixture.ListAndWatch = (stream, _) => stream.WriteEncodedAsync(list).AsTask();

        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAllAsync(fixture.Client(KubeletLimit)));

        Assert.Equal(RpcStatus.ResourceExhausted, failure.Status);
        Assert.Equal("A message of the answer has 4194305 bytes; at most 4194304 are taken.", failure.Detail);
    }

    [Theory]
    [InlineData(+1)]
    [InlineData(-1)]
    public async Task AListThatWritesAnotherLengthThanItSaid_IsBrokenOff(int difference)
    {
        await using var fixture = await RpcFixture.StartAsync();
        fixture.ListAndWatch = (stream, _) => stream.WriteEncodedAsync(new WrongLength(difference)).AsTask();

        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAllAsync(fixture.Client()));

        Assert.Equal(RpcStatus.Internal, failure.Status);
        Assert.Contains(fixture.Log, line => line.StartsWith("Error 3712", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AWriteThatIsGivenUp_WhileThePeerDoesNotRead_EndsAtOnce_AndBreaksTheCallOff()
    {
        using var giveUp = new CancellationTokenSource();
        var end = new TaskCompletionSource<Exception?>();
        await using var fixture = await RpcFixture.StartAsync();
        fixture.ListAndWatch = async (stream, _) =>
        {
            var failure = await Record.ExceptionAsync(
                () => stream.WriteEncodedAsync(DeviceList.OfLength(KubeletLimit), giveUp.Token).AsTask());
            end.SetResult(failure);
            throw failure!;
        };
        using var peer = await RawConnection.OpenWithoutWindowAsync(fixture.SocketPath);
        await peer.SendAsync(RawConnection.HeadersFor(KubeletMethods.ListAndWatch), RawConnection.DataOf(RawConnection.MessageOf([])));
        await peer.ReadToAsync(RawFrame.Headers);
        Assert.False(end.Task.IsCompleted);

        await giveUp.CancelAsync();

        Assert.IsAssignableFrom<OperationCanceledException>(await end.Task.SoonAsync());
        await peer.ReadToAsync(RawFrame.Reset);
    }

    private static async Task<List<ListAndWatchResponse>> ReadAllAsync(RpcClient client)
    {
        var lists = new List<ListAndWatchResponse>();
        await foreach (var list in client.StreamAsync(KubeletMethods.ListAndWatch, new Empty(), ListAndWatchResponse.Parser, TaskPatience.Limit))
        {
            lists.Add(list);
        }

        return lists;
    }

    private sealed class WrongLength(int difference) : IRpcEncodedMessage
    {
        private int _left = 19 + difference;

        public int Length => 19;

        public void WriteNext(IBufferWriter<byte> output)
        {
            output.GetSpan(_left)[.._left].Clear();
            output.Advance(_left);
            _left = 0;
        }
    }

    /// <summary>
    /// 262,144 devices of 16 bytes each: tag and length of the device, then an id of five characters and "Healt" cut to what fits. The
    /// last one takes up what the length wanted differs by.
    /// </summary>
    private sealed class DeviceList(int length) : IRpcEncodedMessage
    {
        private const int Count = 262_144;
        private const int Size = 16;
        private int _next;

        public int Length => length;

        public static DeviceList OfLength(int length) => new(length);

        public void WriteNext(IBufferWriter<byte> output)
        {
            for (var i = 0; i < 256; i++, _next++)
            {
                var extra = _next == Count - 1 ? length - (Count * Size) : 0;
                var span = output.GetSpan(Size + extra);
                span[0] = 0x0A;                                            // devices
                span[1] = (byte)(Size - 2 + extra);
                span[2] = 0x0A;                                            // ID
                span[3] = 5;
                Utf8Formatter.TryFormat(_next % 100_000, span[4..9], out _, new StandardFormat('D', 5));
                span[9] = 0x12;                                            // health
                span[10] = (byte)(5 + extra);
                "Healthy"u8[..(5 + extra)].CopyTo(span[11..]);
                output.Advance(Size + extra);
            }
        }
    }
}
