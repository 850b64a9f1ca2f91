using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>An HTTP/1.1 client of a few lines that shares nothing with the server: what goes out and comes in is bytes.</summary>
internal sealed class RawHttp(Uri address) : IDisposable
{
    private readonly TcpClient _connection = new(address.Host, address.Port);

    public static async Task<RawResponse> SendAsync(Uri address, string method, string target, byte[]? body = null, params string[] headers)
    {
        using var http = new RawHttp(address);
        await http.WriteAsync(Request(address, method, target, body, headers));
        return await http.ReadAsync(hasBody: method != "HEAD");
    }

    public static byte[] Request(Uri address, string method, string target, byte[]? body, params string[] headers)
    {
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: {address.Authority}\r\n");
        foreach (var header in headers)
        {
            head.Append(header).Append("\r\n");
        }

        if (body is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        return [.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. body ?? []];
    }

    public async Task WriteAsync(byte[] bytes)
    {
        try
        {
            await _connection.GetStream().WriteAsync(bytes);
        }
        catch (IOException)
        {
            // The server answered before it had read everything: the answer is what counts.
        }
    }

    public async Task<RawResponse> ReadAsync(bool hasBody = true)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var received = new List<byte>();
        var buffer = new byte[16 * 1024];
        var (end, length) = (-1, 0);
        var headers = new List<(string, string)>();
        var status = 0;
        while (end < 0 || received.Count < end + length)
        {
            var count = await _connection.GetStream().ReadAsync(buffer, limit.Token);
            Assert.True(count > 0, "the connection ended inside a response");
            received.AddRange(buffer.AsSpan(0, count));
            if (end < 0 && System.Runtime.InteropServices.CollectionsMarshal.AsSpan(received).IndexOf("\r\n\r\n"u8) is var at and >= 0)
            {
                end = at + 4;
                var lines = Encoding.Latin1.GetString([.. received.Take(at)]).Split("\r\n");
                status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
                headers.AddRange(lines[1..].Select(line => (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim())));
                length = hasBody ? int.Parse(headers.Single(h => h.Item1 == "Content-Length").Item2, CultureInfo.InvariantCulture) : 0;
            }
        }

        return new RawResponse(status, headers, [.. received.Skip(end)]);
    }

    public void Dispose() => _connection.Dispose();
}
