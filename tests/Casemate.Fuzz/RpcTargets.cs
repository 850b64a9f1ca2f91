using System.Buffers;
using System.Text;
using Casemate.Rpc.Nri;
using Casemate.Rpc.Server;
using Casemate.Rpc.Ttrpc;
using Casemate.Rpc.Wire;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What a peer on a socket of gRPC or ttrpc can send: headers of messages, texts, times, and whole connections.</summary>
public static class RpcTargets
{
    private const int Maximum = 1000;
    private static readonly byte[] s_preface = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("rpc-frame", Frame, [[0, 0, 0, 0, 0], [0, 0, 0, 0, 3, 10, 1, 65], [0, 0, 0, 3, 0xE8]]),
        new("rpc-timeout", Timeout, [.. new[] { "1H", "20M", "300S", "4000m", "50000u", "99999999n" }.Select(Encoding.ASCII.GetBytes)]),
        new("rpc-message", Message, [.. new[] { "plain", "100 %25", "%C3%A4 %E2%82%AC" }.Select(Encoding.ASCII.GetBytes)]),
        new("ttrpc-frame", TtrpcHeader, [[0, 0, 0, 0, 0, 0, 0, 1, 1, 0], [0, 0x40, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 3, 4]]),
        new("ttrpc-server", TtrpcConnection, [
            TtrpcRequestBytes(1, 0, "Do"), [.. TtrpcRequestBytes(1, 0, "Do"), .. TtrpcRequestBytes(3, 0, "Undo")],
            [.. TtrpcRequestBytes(2, 1, "Do"), .. TtrpcRequestBytes(7, 0, "Do")]]),
        new("rpc-authority", Authority, [Connection(0), Connection(0x08), Connection(0x20), Connection(0x28)]),
    ];

    private static bool Frame(ReadOnlySpan<byte> input)
    {
        var result = MessageFrame.TryReadHeader(new ReadOnlySequence<byte>(input.ToArray()), Maximum, out var length);
        Require(
            result is not FrameResult.Incomplete == input.Length >= MessageFrame.HeaderSize, "complete with fewer than five bytes", input);
        if (result is not FrameResult.Complete)
        {
            return false;
        }

        Require(length <= Maximum, "longer than the limit", input);
        Span<byte> written = stackalloc byte[MessageFrame.HeaderSize];
        MessageFrame.WriteHeader(written, (int)length);
        Require(written.SequenceEqual(input[..MessageFrame.HeaderSize]), "what was read is written as something else", input);
        return true;
    }

    private static bool Timeout(ReadOnlySpan<byte> input)
    {
        if (!CallTimeout.TryRead(Encoding.Latin1.GetString(input), out var timeout))
        {
            return false;
        }

        Require(input.Length is >= 2 and <= 9, "a time of another length", input);
        Require(timeout >= TimeSpan.Zero && timeout <= CallTimeout.Longest, "a time that no timer takes", input);
        return true;
    }

    private static bool Message(ReadOnlySpan<byte> input)
    {
        var encoded = Encoding.Latin1.GetString(input);
        var text = StatusText.Decode(encoded);
        Require(text.Length <= encoded.Length, "decoded to more than there was", input);
        Require(
            Encoding.UTF8.GetByteCount(text) > StatusText.MaximumBytes || StatusText.Decode(StatusText.Encode(text)) == text,
            "does not come back", input);
        return StatusText.Encode(text) == encoded;
    }

    private static bool Authority(ReadOnlySpan<byte> input)
    {
        var whole = input.ToArray();
        new AuthorityMask().Apply(whole);
        var pieces = input.ToArray();
        var mask = new AuthorityMask();
        for (var (i, size) = (0, 1); i < pieces.Length; i += size, size = (size % 7) + 1)
        {
            mask.Apply(pieces.AsSpan(i, Math.Min(size, pieces.Length - i)));
        }

        Require(whole.AsSpan().SequenceEqual(pieces), "pieces are masked otherwise than the whole", input);
        for (var i = 0; i < whole.Length; i++)
        {
            Require(whole[i] == input[i] || whole[i] is (byte)'x' or 0xFC, "a byte became something else than a mask", input);
        }

        return input.StartsWith(s_preface) && !whole.AsSpan().SequenceEqual(input);
    }

    private static bool TtrpcHeader(ReadOnlySpan<byte> input)
    {
        if (!TtrpcFrame.TryRead(input, out var frame))
        {
            Require(frame == default, "a refused header with content", input);
            return false;
        }

        Require(frame.Length is >= 0 and <= TtrpcFrame.MaximumLength, "longer than the limit", input);
        Span<byte> written = stackalloc byte[TtrpcFrame.HeaderSize];
        frame.Write(written);
        Require(written.SequenceEqual(input[..TtrpcFrame.HeaderSize]), "what was read is written as something else", input);
        return true;
    }

    // Whole connections: each request gets one answer with its number, in order, and nothing else comes of it.
    private static bool TtrpcConnection(ReadOnlySpan<byte> input)
    {
        using var stream = new OneWayStream(input.ToArray());
        var server = new TtrpcServer(
            [TtrpcMethod.Unary("/a.S/Do", NriEmpty.Parser, (_, _) => ValueTask.FromResult(new NriEmpty()))], NullLogger.Instance,
            TimeProvider.System);
        var whole = true;
        try
        {
            server.RunAsync(stream, CancellationToken.None, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (InvalidDataException)
        {
            whole = false;
        }

        var asked = new List<uint>();
        for (var rest = input; TtrpcFrame.TryRead(rest, out var frame) && rest.Length >= TtrpcFrame.HeaderSize + frame.Length;)
        {
            if (frame.Type == TtrpcFrame.Request)
            {
                asked.Add(frame.Stream);
            }

            rest = rest[(TtrpcFrame.HeaderSize + frame.Length)..];
        }

        var answered = new List<uint>();
        for (var rest = stream.Written; rest.Length > 0;)
        {
            Require(
                TtrpcFrame.TryRead(rest, out var frame) && frame is { Type: TtrpcFrame.Response, Flags: 0 }
                    && rest.Length >= TtrpcFrame.HeaderSize + frame.Length,
                "an answer that is no message", input);
            TtrpcResponse.Parser.ParseFrom(rest.Slice(TtrpcFrame.HeaderSize, frame.Length));
            answered.Add(frame.Stream);
            rest = rest[(TtrpcFrame.HeaderSize + frame.Length)..];
        }

        Require(asked.SequenceEqual(answered), $"{asked.Count} requests and {answered.Count} answers, or others", input);
        return whole;
    }

    private static byte[] TtrpcRequestBytes(uint stream, byte flags, string method)
    {
        var data = new TtrpcRequest { Service = "a.S", Method = method, TimeoutNano = 2_000_000_000 }.ToByteArray();
        var bytes = new byte[TtrpcFrame.HeaderSize + data.Length];
        new TtrpcFrame(data.Length, stream, TtrpcFrame.Request, flags).Write(bytes);
        data.CopyTo(bytes, TtrpcFrame.HeaderSize);
        return bytes;
    }

    // A connection with one request whose header fields come in every form, in a frame with the flags given.
    private static byte[] Connection(byte flags)
    {
        byte[] block =
        [
            0x83, 0x86, 0x00, 5, .. ":path"u8, 2, .. "/m"u8, 0x41, 6, .. "/p/run"u8, 0xBE,
            0x40, 0x88, 0xB8, 0x3B, 0x53, 0x39, 0xEC, 0x32, 0x7D, 0x7F, 0x82, 0b01100010, 0b10111111, 0x0F, 38 - 15, 1, (byte)'/', 0x3F, 0x10,
        ];
        byte[] payload = [.. flags is 0x08 or 0x28 ? [3] : Array.Empty<byte>(), .. new byte[(flags & 0x20) != 0 ? 5 : 0], .. block];
        payload = [.. payload, .. new byte[(flags & 0x08) != 0 ? 3 : 0]];
        return
        [
            .. s_preface, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, (byte)payload.Length, 1, (byte)(flags | 4), 0, 0, 0, 1, .. payload,
            0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0,
        ];
    }
}
