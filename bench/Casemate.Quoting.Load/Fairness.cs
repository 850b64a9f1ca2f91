using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Casemate.Quoting;
using Casemate.Quoting.Aesm;

namespace Casemate.Quoting.Load;

/// <summary>One pod has many requests waiting; how long does another pod's single request take, compared with a quiet service?</summary>
internal static class Fairness
{
    public static async Task RunAsync(string greedyPath, string otherPath, byte[] report, int queued, int rounds)
    {
        var other = AesmClient.ForPath(otherPath, TimeSpan.FromSeconds(15));
        var request = new QuoteRequest(report, default);
        var (quiet, busy) = (new List<double>(), new List<double>());
        await SingleAsync();
        for (var round = 0; round < rounds; round++)
        {
            quiet.Add(await SingleAsync());
            var sockets = Connect(greedyPath, queued);
            var frame = Frame(report);
            foreach (var socket in sockets)
            {
                await socket.SendAsync(frame);                             // into the kernel's buffer: nobody waits for an answer yet
            }

            busy.Add(await SingleAsync());
            await Task.WhenAll(sockets.Select(ReadToFrameEndAsync));
        }

        quiet.Sort();
        busy.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{queued} queued, {rounds} rounds: quiet median {At(quiet, 0.5):F2} ms, busy median {At(busy, 0.5):F2} ms, "
                + $"busy p90 {At(busy, 0.9):F2} ms, delay median {At(busy, 0.5) - At(quiet, 0.5):F2} ms"));

        async Task<double> SingleAsync()
        {
            var start = Stopwatch.GetTimestamp();
            await other.GetQuoteAsync(AttestationKeyId.IntelQe3, request, 8192, CancellationToken.None);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
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
        using (socket)
        {
            var buffer = new byte[16 * 1024];
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

            if (filled < 4000)
            {
                throw new IOException("a greedy client got no quote: raise the helper's --connections and --queued-per-pod");
            }
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
