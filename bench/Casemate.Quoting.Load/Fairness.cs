using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Casemate.Quoting;

namespace Casemate.Quoting.Load;

/// <summary>One pod has many requests waiting; how long does another pod's single request take, compared with a quiet service?</summary>
internal static class Fairness
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Measures. The greedy pod sends its next request as soon as one is answered, so that as many always wait; the other one has a
    /// thread of its own and blocking calls, as clients in C have.
    /// </summary>
    public static async Task RunAsync(string greedyPath, string otherPath, byte[] report, int queued, int rounds)
    {
        var frame = Frame(report);
        var quiet = await Task.Factory.StartNew(() => Singles(otherPath, frame, rounds), TaskCreationOptions.LongRunning);
        using var stopping = new CancellationTokenSource();
        var sockets = Connect(greedyPath, queued);
        var greedy = sockets.Select(socket => AskOnAsync(socket, frame, stopping.Token)).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(1));
        var busy = await Task.Factory.StartNew(() => Singles(otherPath, frame, rounds), TaskCreationOptions.LongRunning);
        await stopping.CancelAsync();
        var served = (await Task.WhenAll(greedy)).Sum();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{queued} queued, {rounds} requests: quiet median {At(quiet, 0.5):F2} ms, busy median {At(busy, 0.5):F2} ms, "
                + $"busy p90 {At(busy, 0.9):F2} ms, delay median {At(busy, 0.5) - At(quiet, 0.5):F2} ms; "
                + $"the greedy pod had {served} quotes"));
    }

    private static List<double> Singles(string path, byte[] frame, int count)
    {
        var times = new List<double>(count);
        var buffer = new byte[16 * 1024];
        for (var i = 0; i <= count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                socket.Send(frame);
                for (var filled = 0; filled < 4 || filled < 4 + BitConverter.ToInt32(buffer);)
                {
                    filled += socket.Receive(buffer, filled, buffer.Length - filled, SocketFlags.None);
                }
            }

            if (i > 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            Thread.Sleep(s_pause);
        }

        times.Sort();
        return times;
    }

    private static async Task<int> AskOnAsync(Socket socket, byte[] frame, CancellationToken cancellationToken)
    {
        using (socket)
        {
            var served = 0;
            for (; !cancellationToken.IsCancellationRequested; served++)
            {
                await socket.SendAsync(frame, CancellationToken.None);
                await ReadToFrameEndAsync(socket);
            }

            return served;
        }
    }

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static List<Socket> Connect(string path, int count)
    {
        var sockets = new List<Socket>(count);
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));            // waits while the backlog is full; the asynchronous one fails
            sockets.Add(socket);
        }

        return sockets;
    }

    private static async Task ReadToFrameEndAsync(Socket socket)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        var filled = 0;
        while (filled < 4 || filled < 4 + BitConverter.ToInt32(buffer))
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (received == 0)
            {
                throw new IOException("a greedy client's connection was closed without an answer");
            }

            filled += received;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        if (filled < 4000)
        {
            throw new IOException("a greedy client got no quote: raise the helper's --connections and --queued-per-pod");
        }
    }

    // GetQuoteEx by hand: report, key id, size of the buffer.
    private static byte[] Frame(byte[] report)
    {
        byte[] inner = [.. Bytes(1, report), .. Bytes(2, AttestationKeyId.IntelQe3.Bytes.ToArray()), 0x20, .. Varint(8192)];
        byte[] body = Bytes(17, inner);
        return [.. BitConverter.GetBytes(body.Length), .. body];
    }

    private static byte[] Bytes(int field, byte[] value) => [.. Varint((uint)((field << 3) | 2)), .. Varint((uint)value.Length), .. value];

    private static byte[] Varint(uint value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
