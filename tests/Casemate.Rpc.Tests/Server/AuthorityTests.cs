using System.Text;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Server;
using Casemate.Rpc.Tests.Wire;
using static Casemate.Rpc.Tests.Wire.RawConnection;

namespace Casemate.Rpc.Tests.Server;

/// <summary>Peers that put the path of the socket where a host name belongs.</summary>
public sealed class AuthorityTests
{
    private const string Path = "/var/lib/kubelet/plugins_registry/p.sock";

    // "%2Fp" and "/p" in Huffman code, RFC 7541, appendix B: % 010101, 2 00010, F 1100000, / 011000, p 101011, then ones to the byte.
    private static readonly byte[] HuffmanPercent = [0b01010100, 0b01011000, 0b00101011];
    private static readonly byte[] HuffmanSlash = [0b01100010, 0b10111111];

    public static TheoryData<string, byte[]> Spellings => new()
    {
        { "indexed name", [0x01, .. Text(Path)] },
        { "indexed name, kept in the table", [0x41, .. Text(Path)] },
        { "indexed name, never indexed", [0x11, .. Text(Path)] },
        { "percent-encoded", [0x41, .. Text("%2Fvar%2Flib%2Fkubelet%2Fp.sock")] },
        { "literal name", [0x00, .. Text(":authority"), .. Text(Path)] },
        { "name in Huffman code", [0x40, 0x88, 0xB8, 0x3B, 0x53, 0x39, 0xEC, 0x32, 0x7D, 0x7F, .. Text(Path)] },
        { "value in Huffman code", [0x41, 0x80 | 2, .. HuffmanSlash] },
        { "percent-encoded value in Huffman code", [0x41, 0x80 | 3, .. HuffmanPercent] },
        { "long value", [0x41, .. Text("/" + new string('a', 300))] },
        { "empty value", [0x41, 0x00] },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public async Task EverySpelling_IsTaken(string spelling, byte[] field)
    {
        Assert.NotEmpty(spelling);
        await using var fixture = await RpcFixture.StartAsync();
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(new RawFrame(RawFrame.Headers, RawFrame.EndHeaders, 1, BlockWith(field)), DataOf(MessageOf([])));

        Assert.Equal("0", (await peer.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task AFieldOfTheTable_IsTakenInFurtherRequests()
    {
        await using var fixture = await RpcFixture.StartAsync();
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(
            new RawFrame(RawFrame.Headers, RawFrame.EndHeaders, 1, BlockWith([0x41, .. Text(Path)])), DataOf(MessageOf([])));
        Assert.Equal("0", (await peer.ReadAnswerAsync()).Status);
        await peer.SendAsync(
            new RawFrame(RawFrame.Headers, RawFrame.EndHeaders, 3, BlockWith([0xBE])), DataOf(MessageOf([]), stream: 3));

        Assert.Equal("0", (await peer.ReadAnswerAsync(3)).Status);
    }

    [Fact]
    public async Task TheHostField_IsTakenInItsPlace()
    {
        await using var fixture = await RpcFixture.StartAsync();
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(
            new RawFrame(RawFrame.Headers, RawFrame.EndHeaders, 1, [.. BlockWith([]), 0x0F, 38 - 15, .. Text(Path)]), DataOf(MessageOf([])));

        Assert.Equal("0", (await peer.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task PaddingPriorityAndContinuation_DoNotHideIt()
    {
        var block = BlockWith([0x41, .. Text(Path)]);
        byte[] first = [7, 0, 0, 0, 0, 200, .. block[..50], .. new byte[7]];
        await using var fixture = await RpcFixture.StartAsync();
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(
            new RawFrame(RawFrame.Headers, RawFrame.Padded | RawFrame.Priority, 1, first),
            new RawFrame(RawFrame.Continuation, 0, 1, block[50..51]),
            new RawFrame(RawFrame.Continuation, RawFrame.EndHeaders, 1, block[51..]),
            DataOf(MessageOf([])));

        Assert.Equal("0", (await peer.ReadAnswerAsync()).Status);
    }

    [Fact]
    public void PiecesOfAnySize_AreMaskedAlike()
    {
        byte[] bytes =
        [
            .. Encoding.ASCII.GetBytes(Preface), .. new RawFrame(RawFrame.Settings, 0, 0, [0, 1, 0, 0, 0, 0]).ToBytes(),
            .. Spellings.SelectMany(row => new RawFrame(
                RawFrame.Headers, RawFrame.EndHeaders, 1, BlockWith(row.Data.Item2)).ToBytes()),
            .. DataOf([0x41, .. Text(Path)]).ToBytes(),
            .. new RawFrame(RawFrame.Headers, RawFrame.EndHeaders, 3, BlockWith([0x41, .. Text(Path)])).ToBytes(),
        ];
        var whole = bytes.ToArray();
        new AuthorityMask().Apply(whole);
        Assert.Equal(1, CountOf(Path, whole));                             // in the data, which is none of its business

        foreach (var size in Enumerable.Range(1, 64))
        {
            var pieces = bytes.ToArray();
            var mask = new AuthorityMask();
            for (var i = 0; i < pieces.Length; i += size)
            {
                mask.Apply(pieces.AsSpan(i, Math.Min(size, pieces.Length - i)));
            }

            Assert.Equal(whole, pieces);
        }
    }

    [Fact]
    public void NothingButItsValue_IsTouched()
    {
        byte[] before =
        [
            .. Encoding.ASCII.GetBytes(Preface),
            .. new RawFrame(
                RawFrame.Headers, RawFrame.EndHeaders, 1, [0x3F, 0x10, .. BlockWith([0x41, .. Text("/p")]), 0x40, .. Text("hosts"), .. Text("/p")])
                .ToBytes(),
        ];
        var after = before.ToArray();
        new AuthorityMask().Apply(after);

        var expected = before.ToArray();
        var value = before.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x41, 2, (byte)'/', (byte)'p']) + 2;
        "xx"u8.CopyTo(expected.AsSpan(value));
        Assert.Equal(expected, after);
    }

    private static byte[] BlockWith(byte[] authority) =>
    [
        .. RawFields.Write((":method", "POST"), (":scheme", "http"), (":path", KubeletMethods.Allocate)),
        .. authority,
        .. RawFields.Write(("content-type", "application/grpc"), ("te", "trailers")),
    ];

    private static byte[] Text(string text)
    {
        var block = new List<byte>();
        RawFields.WriteText(block, text);
        return [.. block];
    }

    private static int CountOf(string text, byte[] bytes) => Encoding.Latin1.GetString(bytes).Split(text).Length - 1;
}
