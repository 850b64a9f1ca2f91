using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Casemate.Webhook.Load;

/// <summary>
/// One connection that asks, reads the answer, and asks again. No HTTP client: it would take more of the processors than what is measured.
/// </summary>
internal sealed class Connection : IDisposable
{
    private static readonly byte[] s_end = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] s_length = "content-length: "u8.ToArray();

    private readonly TcpClient _client;
    private readonly SslStream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly bool _wantsPatch;

    private Connection(TcpClient client, SslStream stream, bool wantsPatch) =>
        (_client, _stream, _wantsPatch) = (client, stream, wantsPatch);

    /// <summary>Connects.</summary>
    /// <param name="address">The webhook.</param>
    /// <param name="wantsPatch">Whether every answer must have a patch, or none may have one.</param>
    public static async Task<Connection> OpenAsync(Uri address, bool wantsPatch)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);

        // The peer is the process that the script has just started, with a certificate that it has just made.
        var stream = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = address.Host,
            EnabledSslProtocols = SslProtocols.Tls13,
        });
        return new Connection(client, stream, wantsPatch);
    }

    /// <summary>Asks until the end; the answers' times in milliseconds.</summary>
    public async Task<List<double>> AskAsync(byte[] request, long end)
    {
        var times = new List<double>();
        while (Stopwatch.GetTimestamp() < end)
        {
            var start = Stopwatch.GetTimestamp();
            await _stream.WriteAsync(request);
            await ReadAsync();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return times;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private async Task ReadAsync()
    {
        var (have, body, want) = (0, 0, int.MaxValue);
        while (have < want)
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(have));
            have = read > 0 ? have + read : throw new IOException("The webhook closed the connection.");
            if (want == int.MaxValue && _buffer.AsSpan(0, have).IndexOf(s_end) is > 0 and var head)
            {
                body = head + s_end.Length;
                want = body + BodyLength(_buffer.AsSpan(0, head));
            }
        }

        Check(_buffer.AsSpan(body, want - body));
    }

    private void Check(ReadOnlySpan<byte> answer)
    {
        if (answer.IndexOf("\"allowed\":true"u8) < 0 || answer.IndexOf("\"patch\":\""u8) >= 0 != _wantsPatch)
        {
            throw new IOException($"The webhook answered {System.Text.Encoding.UTF8.GetString(answer)}.");
        }
    }

    private static int BodyLength(Span<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 200 "u8))
        {
            throw new IOException($"The webhook answered {System.Text.Encoding.ASCII.GetString(head[..Math.Min(head.Length, 64)])}.");
        }

        for (var i = 0; i < head.Length; i++)
        {
            head[i] = (byte)char.ToLowerInvariant((char)head[i]);
        }

        var at = head.IndexOf(s_length) + s_length.Length;
        var length = 0;
        while (at < head.Length && head[at] is >= (byte)'0' and <= (byte)'9')
        {
            length = (length * 10) + (head[at++] - '0');
        }

        return length;
    }
}
